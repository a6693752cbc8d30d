import type { Engine } from './engine.ts'
import { busyError, type Fault, isBusy, toFault } from './faults.ts'
import { type Call, runTogether } from './group.ts'
import { writes } from './verbs.ts'

/** A call that waits for its turn, and who is told how it went. */
export interface Waiting {
  readonly call: Call
  done(reply: Reply): void
}
export type Reply = { readonly value?: unknown } | { readonly fault: Fault }

/** Where the thread's calls wait, are gathered into commits, and are tried again while another process writes. */
export interface Desk {
  /** Puts calls in line; they run at the next `turn`. */
  take(calls: readonly Waiting[]): void
  /** Runs what waits, unless a turn is already to come. */
  turn(): void
  /** Calls back once nothing waits. */
  whenEmpty(then: () => void): void
}

export interface DeskOptions {
  readonly engine: Engine
  readonly path: string
  readonly busyTimeoutMs: number
  random(): number
  /** Holds this thread up for a part of a millisecond, which no timer can. */
  nap(ms: number): void
  /** The machine's own clock, also under a test's: a lock is waited for in real time. */
  monotonic(): number
  /** Called after each commit, when its replies have been given. */
  afterTurn(): void
}

/** Bounds of one commit, so that nobody waits for long behind it. */
const maxCalls = 256
const maxItems = 4_000
/** About ten milliseconds of asking often. */
const eagerTries = 30

interface Entry extends Waiting {
  readonly arrivedAt: number
  /** Runs in a commit of its own, because a commit that it was part of failed. */
  alone: boolean
}

export function desk(options: DeskOptions): Desk {
  let entries: Entry[] = []
  const onEmpty: (() => void)[] = []
  let scheduled = false
  /** How often the lock was asked for in vain since it was last had. */
  let tries = 0

  function turn(): void {
    if (scheduled) return
    answer(nextGroup(entries))
    options.afterTurn()
    if (entries.length === 0) for (const then of onEmpty.splice(0)) then()
    else if (!scheduled) later(0)
  }

  /** Apart, because what writers have committed must not run again when a reader fails. */
  function answer(group: readonly Entry[]): void {
    const writers = group.filter((entry) => writes(entry.call.verb))
    const readers = group.filter((entry) => !writes(entry.call.verb))
    if (writers.length > 0 && !answerAs(writers)) return
    if (readers.length > 0) answerAs(readers)
  }

  /** False when another process has the lock. */
  function answerAs(group: readonly Entry[]): boolean {
    try {
      const calls = group.map((entry) => entry.call)
      const values = runTogether(options.engine, calls)
      tries = 0
      leave(group)
      for (const [i, entry] of group.entries()) entry.done({ value: values[i] })
    } catch (error) {
      if (isBusy(error)) {
        waitForLock()
        return false
      }
      if (group.length > 1) for (const entry of group) entry.alone = true
      else fail(group, error)
    }
    return true
  }

  const leave = (group: readonly Entry[]): void => {
    const gone = new Set(group)
    entries = entries.filter((entry) => !gone.has(entry))
  }

  function fail(group: readonly Entry[], error: unknown): void {
    leave(group)
    for (const entry of group) entry.done({ fault: toFault(error, options.path) })
  }

  function waitForLock(): void {
    later(pauseMs(options, tries++))
    const tooOld = options.monotonic() - options.busyTimeoutMs
    fail(
      entries.filter((entry) => entry.arrivedAt <= tooOld),
      busyError(options.path),
    )
    // Who only reads need not wait for whoever writes.
    const readers = entries.filter((entry) => !writes(entry.call.verb))
    if (readers.length > 0 && readers.length < entries.length) answer(readers)
  }

  function later(ms: number): void {
    scheduled = true
    const go = () => {
      scheduled = false
      turn()
    }
    void (ms > 0 ? setTimeout(go, ms) : setImmediate(go))
  }

  return {
    turn,
    take: (calls) =>
      void entries.push(
        ...calls.map(({ call, done }) => ({ call, done, arrivedAt: options.monotonic(), alone: false })),
      ),
    whenEmpty: (then) => (entries.length === 0 ? then() : void onEmpty.push(then)),
  }
}

/**
 * How long to wait until the lock is asked for again. Nobody is woken when it is free; the spread keeps two processes
 * from asking in step. A commit takes a millisecond or two, so at first it pays to ask often.
 */
function pauseMs({ nap, random }: DeskOptions, tries: number): number {
  if (tries >= eagerTries) return 1 + 4 * random()
  nap(0.2 + 0.3 * random())
  return 0
}

/** The calls at the head of the line that fit into one commit. */
function nextGroup(entries: readonly Entry[]): readonly Entry[] {
  if (entries[0]?.alone) return entries.slice(0, 1)
  let items = 0
  let n = 0
  while (n < entries.length && n < maxCalls && !entries[n]?.alone && items < maxItems)
    items += itemsOf((entries[n++] as Entry).call)
  return entries.slice(0, n)
}

const itemsOf = ({ args }: Call): number =>
  args.reduce<number>((sum, arg) => sum + (Array.isArray(arg) ? arg.length : sizeOf(arg)), 0)

/** What crosses as a text says how many records it holds. */
const sizeOf = (arg: unknown): number => (arg as { n?: number } | undefined)?.n ?? 1

import { setImmediate as turn } from 'node:timers/promises'
import { Release } from '../define/verdicts.ts'
import { InvalidOption, WrongMoment } from '../job/errors.ts'
import { cursorOf, cursorText, type Keeper } from './checkpoint.ts'
import type { Run } from './current-run.ts'
import { type IterateOptions, type Plan, type Source, toPlan } from './iteration-plan.ts'

/** What goes through many items and goes on where it was, whatever happens on the way. */
export interface Iterate {
  /** `source` is given the cursor of the last item that is done; `undefined` at the beginning. */
  <Item, Cursor>(
    source: (cursor: Cursor | undefined) => Source<Item>,
    options: IterateOptions & {
      /** Where the iteration goes on after an item: any JSON value of at most 64 KiB. */
      readonly cursor: (item: Item) => NoInfer<Cursor>
    },
  ): AsyncIterable<Item>
  /** `source` is given the number of items that are done. */
  <Item>(source: (done: number) => Source<Item>, options?: IterateOptions): AsyncIterable<Item>
}

/** Makes `iterate` for one run. */
export const iterateOf =
  (run: Run, keeper: Keeper): Iterate =>
  (source: unknown, options: unknown = {}) => {
    const plan = toPlan(source, options)
    if (run.isIterating)
      throw new WrongMoment(
        'LW1241',
        `job ${run.job.id}: iterate() was called twice in one run, and a job has one cursor. Put the second iteration into a job of its own.`,
      )
    run.isIterating = true
    return walk(run, keeper, plan)
  }

/** The event loop turns once for so many items; without it a fast source would let no signal through. */
const itemsPerTurn = 64
/** A source that is late by so much may catch up, for timers are no more exact than that. */
const burstMs = 10

async function* walk(run: Run, keeper: Keeper, plan: Plan): AsyncGenerator<never> {
  const bell = bellOf([run.abort.signal, keeper.stopping])
  const track = trackOf(run, keeper, plan)
  const pace = paceOf(keeper, plan, bell)
  let iterator: AnyIterator | undefined
  let isPending = false
  try {
    const source = await plan.source(track.from)
    iterator = open(source, run)
    for (let n = 0; ; n++) {
      if (n % itemsPerTurn === 0) await turn()
      await pace()
      await stop(run, track, whyStop(run, keeper, track.overAt(n)))
      isPending = true
      const next = await bell.orRung(iterator.next())
      if (next === rung) return await stop(run, track, whyStop(run, keeper, false))
      isPending = false
      if (next.done === true) break
      track.begin(next.value)
      // The type of the items is the caller's; here they are only handed on.
      yield next.value as never
      await track.end()
    }
    await track.save()
  } finally {
    bell.close()
    // A source that is still asked for its next item ends when it likes.
    const closed = close(iterator)
    if (!isPending) await closed
    // The items before the one that failed, or at which the handler left, are done.
    await track.save().catch(() => {})
  }
}

/** Why to stop between two items, if there is a reason. */
function whyStop({ abort }: Run, { stopping }: Keeper, overMs: number | false): unknown {
  if (abort.aborted) return abort.reason
  if (stopping.aborted) return new Release('its worker is stopping')
  // A wait of 1 ms puts it behind the jobs that wait: at once, it would keep its place before them.
  return overMs === false ? undefined : new Release(`its turn of ${overMs} ms was over`, 1)
}

/** Keeps what is done and ends the run, also one whose handler catches what is thrown here. */
async function stop(run: Run, track: Track, why: unknown): Promise<void> {
  if (why === undefined) return
  run.interrupt = why
  await track.save().catch(() => {})
  throw run.abort.aborted ? run.abort.reason : why
}

interface Track {
  readonly from: unknown
  /** The time limit when it is over, but not before one item was done: or nothing would ever get done. */
  overAt(n: number): number | false
  /** Called before an item is worked on, and when it is done. */
  begin(item: unknown): void
  end(): Promise<void>
  save(): Promise<void>
}

/** Knows how far the items are done, and keeps it when it is time to. */
function trackOf(run: Run, { clock, keep }: Keeper, plan: Plan): Track {
  const stored = cursorOf(run)
  const from = plan.cursor ? stored : typeof stored === 'number' ? stored : 0
  const startedAt = clock.monotonic()
  let savedAt = startedAt
  let done = typeof from === 'number' ? from : 0
  let items = 0
  let after: unknown
  const save = async () => {
    if (items === 0) return
    const text = cursorText(run, plan.cursor ? after : done)
    items = 0
    savedAt = clock.monotonic()
    await keep(run, text)
  }
  let current: unknown
  let isFirst = true
  return {
    from,
    save,
    overAt: (n) => n > 0 && clock.monotonic() - startedAt >= plan.forMs && plan.forMs,
    begin(item) {
      current = plan.cursor?.(item)
      // A cursor that cannot be kept is found before any work is done, rather than when it is too late.
      if (plan.cursor && isFirst) cursorText(run, current)
      isFirst = false
    },
    async end() {
      after = current
      done += 1
      items += 1
      if (items >= plan.everyItems || clock.monotonic() - savedAt >= plan.everyMs) await save()
    },
  }
}

/** Lets a source clean up; what it throws then changes nothing any more. */
async function close(iterator: AnyIterator | undefined): Promise<void> {
  try {
    await iterator?.return?.()
  } catch {}
}

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>

function open(source: unknown, { job }: Run): AnyIterator {
  const items = source as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null | undefined
  const iterator = items?.[Symbol.asyncIterator]?.() ?? items?.[Symbol.iterator]?.()
  if (iterator) return iterator
  throw new InvalidOption(
    `iterate (job ${job.id}, task ${job.task})`,
    source,
    'a source that gives an iterable, such as an array or an async generator',
  )
}

/** Waits until the next item may begin. */
function paceOf({ clock }: Keeper, { spaceMs }: Plan, bell: Bell): () => Promise<void> {
  let nextAt = clock.monotonic()
  return async () => {
    if (spaceMs === 0) return
    const now = clock.monotonic()
    const waitMs = nextAt - now
    nextAt = Math.max(nextAt, now - burstMs) + spaceMs
    if (waitMs <= 0) return
    let stopTimer = () => {}
    await bell.orRung(new Promise<void>((resolve) => void (stopTimer = clock.after(waitMs, resolve))))
    stopTimer()
  }
}

const rung = Symbol('rung')

interface Bell {
  orRung<T>(work: T | Promise<T>): Promise<T | typeof rung>
  close(): void
}

/** Ends a wait when one of the signals fires. One listener for all waits: a race for each of a million items would leak. */
function bellOf(signals: readonly AbortSignal[]): Bell {
  let ring = () => {}
  const hear = () => ring()
  for (const signal of signals) signal.addEventListener('abort', hear)
  return {
    orRung: (work) =>
      new Promise((resolve, reject) => {
        ring = () => resolve(rung)
        if (signals.some(({ aborted }) => aborted)) ring()
        Promise.resolve(work).then(resolve, reject)
      }),
    close() {
      for (const signal of signals) signal.removeEventListener('abort', hear)
    },
  }
}

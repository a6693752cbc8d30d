import type { Isolation } from '../../define/isolation.ts'
import { IsolateLost } from '../../define/verdicts.ts'
import type { Clock } from '../../job/clock.ts'
import type { ClaimedJob } from '../../job/job.ts'
import type { Run } from '../current-run.ts'
import type { Context } from '../handler.ts'
import { type Link, open } from './link.ts'
import type { FromGuest } from './messages.ts'
import { fromThrown, toAbortReason, toThrown } from './thrown.ts'
import { watchMemory } from './watch-memory.ts'

export interface IsolateKit {
  readonly task: string
  /** The module of the handler. */
  readonly url: string
  readonly isolation: Isolation
  readonly clock: Clock
}

/** The job that runs, as far as its isolate concerns it. */
interface Call {
  readonly context: Context
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** A module that takes longer to load is given up. */
const startMs = 30_000
/** An isolate that was let go has so long to end by itself. */
const farewellMs = 1_000

/** One thread or process that has loaded a handler and runs one job at a time. */
export class Isolate {
  /** Resolves when the handler is loaded. @throws {string} why it never will be. */
  readonly ready: Promise<void>
  readonly bornAt: number
  /** Jobs that it has begun. */
  jobs = 0
  readonly #kit: IsolateKit
  readonly #link: Link
  readonly #stops: (() => void)[]
  #start: { resolve(): void; reject(why: string): void } | undefined
  #call: Call | undefined
  #hasEnded = false
  #killedFor: string | undefined

  constructor(kit: IsolateKit) {
    const { task, url, isolation, clock } = kit
    this.#kit = kit
    this.bornAt = clock.monotonic()
    this.ready = new Promise<void>((resolve, reject) => {
      this.#start = { resolve, reject }
    })
    // Whoever waits for it hears it; nobody else must.
    this.ready.catch(() => {})
    this.#link = open(isolation, {
      onMessage: (message) => this.#hear(message),
      onEnd: (cause) => this.#end(cause),
    })
    const kill = (why: string) => this.kill(why)
    const late = `it had not loaded its handler after ${startMs / 1_000} s`
    this.#stops = [
      clock.after(startMs, () => this.#start && kill(late), { idle: true }),
      watchMemory({ pid: this.#link.pid, memoryBytes: isolation.memoryBytes, clock, kill }),
    ]
    this.#link.hold(true)
    this.#link.send({ legwork: 'load', url, task })
  }

  get isOver(): boolean {
    return this.#hasEnded || this.#killedFor !== undefined
  }

  /** The handler's value, or what it threw. @throws {IsolateLost} when the isolate ended under it. */
  async run(one: Run, context: Context): Promise<unknown> {
    const { signal } = context
    let stopGrace = () => {}
    const abort = () => {
      this.#link.send({ legwork: 'abort', reason: toAbortReason(signal.reason) })
      // A little before the worker itself gives the run up, so that no slot is lost to a handler that does not hear.
      const graceMs = Math.max(1, one.abortGraceMs * 0.9)
      stopGrace = this.#kit.clock.after(graceMs, () => this.kill('its handler ignored its signal'))
    }
    this.jobs += 1
    this.#link.hold(true)
    try {
      return await new Promise((resolve, reject) => {
        this.#call = { context, resolve, reject }
        if (this.isOver) throw new IsolateLost(this.#kit.task, this.#killedFor ?? 'it had ended')
        this.#link.send({
          legwork: 'run',
          job: jobOf(one, context),
          input: context.input,
          extras: extrasOf(context),
        })
        if (signal.aborted) abort()
        else signal.addEventListener('abort', abort, { once: true })
      })
    } catch (error) {
      throw signal.aborted && error instanceof IsolateLost ? signal.reason : error
    } finally {
      stopGrace()
      signal.removeEventListener('abort', abort)
      this.#call = undefined
      this.#link.hold(false)
    }
  }

  kill(why: string): void {
    this.#killedFor ??= why
    this.#link.kill()
  }

  /** Ends an isolate that nobody needs any more. */
  release(): void {
    if (this.isOver) return
    this.#link.release()
    this.#kit.clock.after(farewellMs, () => this.#hasEnded || this.kill('it was let go'), { idle: true })
  }

  #end(cause: string): void {
    this.#hasEnded = true
    for (const stop of this.#stops) stop()
    const why = this.#killedFor ?? cause
    this.#start?.reject(why)
    this.#call?.reject(new IsolateLost(this.#kit.task, why))
  }

  #hear(message: FromGuest): void {
    const context = this.#call?.context
    switch (message.legwork) {
      case 'ready':
        this.#start?.resolve()
        this.#start = undefined
        return this.#link.hold(this.#call !== undefined)
      case 'refused':
        return this.kill(message.why)
      case 'log':
        return context?.log[message.level](message.message, message.data)
      case 'progress':
        return context?.progress(message.now)
      case 'keep':
        return void this.#keep(message.n, message.text)
      case 'returned':
        return this.#call?.resolve(message.value)
      case 'threw':
        return this.#call?.reject(fromThrown(message.thrown))
    }
  }

  async #keep(n: number, text: string): Promise<void> {
    try {
      // The text is JSON that the same function has made in the isolate.
      await this.#call?.context.checkpoint(JSON.parse(text) as unknown)
      this.#link.send({ legwork: 'kept', n })
    } catch (error) {
      this.#link.send({ legwork: 'kept', n, refused: toThrown(error) })
    }
  }
}

/** The payload was parsed here and the cursor opened; the isolate needs only what became of them. */
function jobOf({ job: { checkpoint: _kept, ...job } }: Run, { cursor }: Context): ClaimedJob {
  return { ...job, payload: '', ...(cursor !== undefined && { checkpoint: JSON.stringify(cursor) }) }
}

const ours = new Set(
  'input signal attempt previous job schedule log progress cursor checkpoint commit iterate'.split(' '),
)

/** What middleware added, but for functions, which no isolate can be sent. */
const extrasOf = (context: Context): Record<string, unknown> =>
  Object.fromEntries(
    Object.keys(context)
      .filter((key) => !ours.has(key))
      .map((key) => [key, (context as unknown as Record<string, unknown>)[key]] as const)
      .filter(([, value]) => typeof value !== 'function'),
  )

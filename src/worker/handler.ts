import type { Slot } from '../define/schedule.ts'
import type { AnyTask, Task } from '../define/task.ts'
import type { Batcher } from './gather.ts'
import type { Iterate } from './iterate.ts'
import type { Attempt, ErrorInfo, LogLevel } from '../job/job.ts'

/**
 * What your middleware adds to the context, for all handlers to see.
 * @example
 * declare module 'legwork' { interface ContextExtras { readonly tenant: string } }
 */
export interface ContextExtras {}

/** What a handler is given. */
export interface Context<Parsed = unknown, Progress = unknown> extends ContextExtras {
  /** The input, parsed by the task's schema. */
  readonly input: Parsed
  /**
   * Fires when the run should stop; its `reason` says why: `Cancelled`, `TimedOut`, `LeaseLost` or `ShuttingDown`.
   * Pass it on to whatever takes a signal.
   */
  readonly signal: AbortSignal
  /** 1 for the first run, and one more for each. */
  readonly attempt: number
  readonly job: JobFacts
  /** How the attempt before this one ended; absent on the first. */
  readonly previous?: PreviousRun
  /** The slot of a schedule that the job is for. */
  readonly schedule?: Slot
  /** Kept with the attempt: at most 256 kB of lines, the oldest dropped first. */
  readonly log: Readonly<Record<LogLevel, (message: string, data?: unknown) => void>>
  /**
   * How far the run is: a percentage, or more; the newest replaces the one before. Never throws: what cannot be kept
   * becomes a warning in the attempt's log.
   */
  progress(now: number | ProgressNote<Progress>): void
  /** What `checkpoint` was given last, in this run or in one before it; `undefined` when it never was. */
  readonly cursor: unknown
  /**
   * Keeps how far the job came, as any JSON value of at most 64 KiB, for its next attempts: after a crash, a lost lease,
   * a failure or a deploy. Resolves when it is durable; while the store is away it waits.
   * @throws {InvalidPayload} LW1103 to LW1106. @throws {LeaseLost} when another worker may run the job by now.
   */
  checkpoint(cursor: unknown): Promise<void>
  /**
   * Completes the job in a transaction of your own, with the result that you hand over: what you wrote in it and the completion
   * commit together, or neither does. Answers the result, which the handler should then return. Where the transaction does not
   * commit, the run has failed, whatever the handler returns. What is logged after it is not kept.
   * @throws {StoreError} LW1014 what was passed is no open transaction of the store's engine.
   * @throws {LeaseLost} the job is no longer held: let it roll your transaction back.
   * @throws {InvalidPayload} LW1103 to LW1107. @throws {WrongMoment} LW1245 in an isolated handler.
   * @example
   * return db.transaction(async (tx) => { await pay(tx, input); return commit(tx, { paid: true }) })
   */
  commit<Result = undefined>(tx: unknown, result?: Result): Promise<Result>
  /**
   * Goes through many items and keeps a cursor on the way, so that the next attempt goes on where this one was. When the
   * worker stops, or its time is over, the iteration ends between two items and the job is given back without a failure.
   * @throws {InvalidOption} LW1201. @throws {WrongMoment} LW1241 the second time in one run.
   * @example
   * for await (const row of iterate((after?: number) => rowsAfter(after ?? 0), { cursor: (row) => row.id })) await save(row)
   */
  readonly iterate: Iterate
}

/** What became of the run before. */
export interface PreviousRun {
  /** `lapse`: its worker was lost, and nobody knows how far it had come. */
  readonly outcome: Attempt['outcome']
  readonly at: Date
  /** The worker's id. */
  readonly worker: string
  readonly error?: ErrorInfo
  readonly reason?: string
}

export interface ProgressNote<Progress = unknown> {
  /** 0 to 100; what lies outside counts as the nearer end, and NaN as none. */
  readonly percent?: number
  readonly note?: string
  readonly data?: Progress
}

export interface JobFacts {
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly createdAt: Date
  /** Rises with every claim: hand it to a store of your own to refuse writes of a run that was overtaken. */
  readonly fence: number
  readonly failures: number
  /** How often a worker was lost while it held this job. */
  readonly losses: number
  readonly maxAttempts: number
}

export type Handler<Parsed = unknown, Out = unknown, Progress = unknown> = (
  context: Context<Parsed, Progress>,
) => Out | Promise<Out>

export interface Handled {
  readonly task: AnyTask
  readonly handler: Handler<never, unknown, never>
  /** Where its jobs gather, of a task whose jobs are worked on in batches. */
  readonly batch?: Batcher
}

/** Types a handler apart from `app.handle`, for files of their own. */
export function handler<In, Parsed, Out, Progress, Returned>(
  _task: Task<string, In, Parsed, Out, Progress, Returned>,
  run: Handler<Parsed, NoInfer<Returned>, Progress>,
): Handler<Parsed, Returned, Progress> {
  return run
}

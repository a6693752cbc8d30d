import type { AnyTask, Task } from '../define/task.ts'
import type { LogLevel } from '../job/job.ts'

/** What a handler is given. */
export interface Context<Parsed = unknown, Progress = unknown> {
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
  /** Kept with the attempt: at most 256 kB of lines, the oldest dropped first. */
  readonly log: Readonly<Record<LogLevel, (message: string, data?: unknown) => void>>
  /**
   * How far the run is: a percentage, or more; the newest replaces the one before. Never throws: what cannot be kept
   * becomes a warning in the attempt's log.
   */
  progress(now: number | ProgressNote<Progress>): void
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
}

/** Types a handler apart from `app.handle`, for files of their own. */
export function handler<In, Parsed, Out, Progress, Returned>(
  _task: Task<string, In, Parsed, Out, Progress, Returned>,
  run: Handler<Parsed, NoInfer<Returned>, Progress>,
): Handler<Parsed, Returned, Progress> {
  return run
}

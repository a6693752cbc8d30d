import { type Duration, toMs } from '../job/duration.ts'
import { LegworkError } from '../job/errors.ts'

/** Throw it to end the job in the dead letters at once: a retry would not help. */
export class Dead extends Error {
  override readonly name = 'Dead'
}

/** Throw it to choose the wait before the next attempt yourself. It counts as a failure unless told otherwise. */
export class RetryIn extends Error {
  override readonly name = 'RetryIn'
  readonly delayMs: number
  readonly countsAsAttempt: boolean
  /** Another process is to run it, while one is there that can. */
  readonly elsewhere: boolean | undefined

  constructor(
    delay: Duration,
    {
      countsAsAttempt = true,
      elsewhere,
      message,
      ...options
    }: { countsAsAttempt?: boolean; elsewhere?: boolean; message?: string; cause?: unknown } = {},
  ) {
    super(message ?? `asked to be retried in ${delay}`, options)
    this.delayMs = toMs(delay, 'RetryIn')
    this.countsAsAttempt = countsAsAttempt
    this.elsewhere = elsewhere
  }
}

/** Throw it when it is simply too early: the job waits and runs again, and no failure is counted. */
export class Snooze extends Error {
  override readonly name = 'Snooze'
  readonly delayMs: number

  constructor(delay: Duration, reason = 'snoozed by its handler') {
    super(reason)
    this.delayMs = toMs(delay, 'Snooze')
  }
}

/**
 * Throw it to give the job back without having failed: another run, here or elsewhere, goes on with it. Without a delay
 * it keeps its place in the line, so that it may be the very next to run.
 */
export class Release extends Error {
  override readonly name = 'Release'
  readonly delayMs: number

  constructor(reason = 'released by its handler', delay: Duration = 0) {
    super(reason)
    this.delayMs = toMs(delay, 'Release')
  }
}

/** The isolate in which a job ran ended under it: a loss of that job alone. LW2010. */
export class IsolateLost extends LegworkError {
  constructor(task: string, cause: string) {
    super('LW2010', `the isolate of task ${task} ended while the job ran in it: ${cause}`, { task, cause })
  }
}

/** The reason of a handler's `signal`: somebody cancelled the job. */
export class Cancelled extends LegworkError {
  constructor(id: string, reason: string) {
    super('LW2006', `job ${id} was cancelled: ${reason}`, { id, reason })
  }
}

/** The reason of a handler's `signal`: the attempt ran over its `timeout`, or the job over its `deadline`. */
export class TimedOut extends LegworkError {
  readonly of: 'attempt' | 'deadline'

  constructor(id: string, of: 'attempt' | 'deadline', limitMs: number) {
    super(
      'LW2004',
      `job ${id} ${of === 'attempt' ? `ran longer than its timeout of ${limitMs} ms` : 'passed its deadline'}`,
      { id, of, limitMs },
    )
    this.of = of
  }
}

/** The reason of a handler's `signal`: another worker may run the job by now; nothing this run returns is recorded. */
export class LeaseLost extends LegworkError {
  constructor(id: string, attempt: number, why: string) {
    super(
      'LW2005',
      `job ${id} attempt ${attempt} is no longer held by this worker (${why}), so its result is not recorded. Another worker runs it.`,
      { id, attempt, why },
    )
  }
}

/** The reason of a handler's `signal`: the worker is stopping and gives the job back, without counting a failure. */
export class ShuttingDown extends LegworkError {
  constructor(id: string) {
    super('LW2007', `job ${id} is given back because its worker is stopping`, { id })
  }
}

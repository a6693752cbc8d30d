import { RetryIn } from '../define/verdicts.ts'
import type { AnyTask } from '../define/task.ts'
import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption, show, WrongMoment } from '../job/errors.ts'
import { checkCount, checkKnown } from '../job/name.ts'
import { gather } from './gather.ts'
import type { Context, Handled } from './handler.ts'

export interface BatchOptions {
  /** Jobs in one call, at most. Default 100. */
  readonly max?: number
  /** How long the first job of a batch waits for more. Default 50 ms; with 0 those go together that came together. */
  readonly wait?: Duration
}

/** One job of a batch: its own context, and the words that decide how it ends. The first word counts. */
export interface BatchItem<Parsed = unknown, Out = unknown, Progress = unknown>
  extends Context<Parsed, Progress> {
  /** Completes this job. `false` when it was decided before, or is no longer ours. */
  complete(...result: undefined extends Out ? [result?: Out] : [result: Out]): boolean
  /** Fails this job as if its handler had thrown `error`: `Dead`, `Snooze` and `Release` mean what they mean there. */
  fail(error: unknown): boolean
  /** Has this job run again after a wait. It counts as a failure unless told otherwise. */
  retryIn(
    delay: Duration,
    options?: { readonly countsAsAttempt?: boolean; readonly elsewhere?: boolean; readonly message?: string },
  ): boolean
}

/**
 * How the jobs end that no word has decided: an array in their order, or a map by job id (what it leaves out is
 * completed), in which an `Error` is a failure and anything else a result; what `Promise.allSettled` gives; or nothing,
 * when all of them are completed.
 */
export type BatchEnd<Out> =
  | void
  | undefined
  | readonly (Out | Error)[]
  | readonly PromiseSettledResult<Out>[]
  | ReadonlyMap<string, Out | Error>

/** Works on many jobs in one call. What it throws fails those that are not decided. */
export type BatchHandler<Parsed = unknown, Out = unknown, Progress = unknown> = (
  items: readonly BatchItem<Parsed, Out, Progress>[],
  batch: {
    /** Fires when no job of the batch is left to work for. */
    readonly signal: AbortSignal
  },
) => BatchEnd<Out> | Promise<BatchEnd<Out>>

/** How one job of a batch ends. */
export interface Ending {
  readonly id: string
  /** False when it was decided before. */
  resolve(value: unknown): boolean
  reject(error: unknown): boolean
}

/** The handler of a task whose jobs are worked on together. @throws {InvalidOption} LW1201 */
export function batched(task: AnyTask, options: unknown, handler: unknown): Handled {
  if (typeof options === 'function')
    throw new InvalidOption(
      `handleBatch(${task.name})`,
      options,
      'options before the handler, such as { max: 100 }',
    )
  checkKnown(options, ['max', 'wait'], 'batch option')
  if (typeof handler !== 'function')
    throw new InvalidOption(`batch handler of ${task.name}`, handler, 'a function of many jobs')
  // Each field is checked here.
  const { max = 100, wait = 50 } = options as BatchOptions
  return gather(task, {
    max: checkCount(max, 'max', 1, 10_000),
    waitMs: toMs(wait, 'wait'),
    // Its input and output are the task's; only the caller can see them.
    handler: handler as BatchHandler,
  })
}

/** The context of a job as its batch sees it. */
export const toItem = (context: Context, { resolve, reject }: Ending): BatchItem =>
  Object.assign(context, {
    complete: (result?: unknown) => resolve(result),
    fail: reject,
    retryIn: (delay: Duration, options?: ConstructorParameters<typeof RetryIn>[1]) =>
      reject(new RetryIn(delay, options)),
  })

/** Decides about the jobs that are not decided yet. @throws {WrongMoment} LW1244 for an end that does not fit them. */
export function decideAll(end: unknown, jobs: readonly Ending[]): void {
  const decide = (job: Ending | undefined, value: unknown) =>
    value instanceof Error ? job?.reject(value) : job?.resolve(value)
  if (end === undefined) return jobs.forEach((job) => decide(job, undefined))
  if (end instanceof Map) return decideByKey(end, jobs, decide)
  if (!Array.isArray(end)) throw unfit(`${show(end)}`)
  if (end.length !== jobs.length) throw unfit(`an array of ${end.length} for ${jobs.length} jobs`)
  if (!end.every(isSettled)) return jobs.forEach((job, i) => decide(job, end[i]))
  jobs.forEach((job, i) => {
    const one = end[i] as PromiseSettledResult<unknown>
    if (one.status === 'fulfilled') job.resolve(one.value)
    else job.reject(one.reason)
  })
}

function decideByKey(
  end: ReadonlyMap<unknown, unknown>,
  jobs: readonly Ending[],
  decide: (job: Ending, value: unknown) => void,
): void {
  const ids = new Set<unknown>(jobs.map(({ id }) => id))
  const stranger = [...end.keys()].find((id) => !ids.has(id))
  if (stranger !== undefined) throw unfit(`a map with ${show(stranger)}, which is no job of this batch`)
  for (const job of jobs) decide(job, end.get(job.id))
}

/** What Promise.allSettled makes; an array counts as that when all of it is. */
function isSettled(value: unknown): value is PromiseSettledResult<unknown> {
  if (typeof value !== 'object' || value === null) return false
  const { status } = value as { readonly status?: unknown }
  return (status === 'fulfilled' && 'value' in value) || (status === 'rejected' && 'reason' in value)
}

const unfit = (got: string): WrongMoment =>
  new WrongMoment(
    'LW1244',
    `a batch handler returned ${got}. Return an array with one entry a job, a Map by job id, or nothing.`,
  )

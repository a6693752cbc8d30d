import type { Clock } from '../job/clock.ts'
import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption, JobFailed, LegworkError } from '../job/errors.ts'
import type { ErrorInfo, Job } from '../job/job.ts'
import { checkKnown, checkReason } from '../job/name.ts'
import { shown } from '../job/shown.ts'
import type { Wrapping } from '../job/wrapping.ts'
import { type FinalState, isFinal } from '../job/state.ts'
import type { Acted, Store } from '../store/index.ts'
import { eventKey, eventsOf, type JobEvent } from './events.ts'
import { type Lookout, resultOf } from './results.ts'

/** A job from outside: never null, also when the enqueue found a job that was there already. */
export interface JobHandle<Out = unknown, Progress = unknown> {
  readonly id: string
  readonly task: string
  /** True when the job was there before: one of this id, or the one that holds the unique key. */
  readonly duplicate: boolean
  /**
   * Waits for the job's result. Without `timeout` it waits as long as it takes.
   * @throws {JobFailed} LW2201 dead, LW2202 cancelled, LW2203 not in time (the job goes on).
   */
  result(options?: { readonly timeout?: Duration; readonly signal?: AbortSignal }): Promise<Out>
  /** The job as it is now. @throws {LegworkError} LW2301 when it is not there. */
  status(): Promise<Status<Out, Progress>>
  /** What happened so far, then what happens, until the job is final. */
  events(options?: { readonly signal?: AbortSignal }): AsyncIterable<JobEvent<Out, Progress>>
  /** Cancels a waiting job; asks a running one to stop. `refused` when it is final. */
  cancel(reason?: string): Promise<Acted['outcome']>
}

/** What is known of a job; its output stands only where it is completed. */
export type Status<Out = unknown, Progress = unknown> = Facts<Progress> &
  (
    | { readonly state: Exclude<Job['state'], FinalState> }
    | { readonly state: 'completed'; readonly output: Out }
    | { readonly state: 'dead' | 'cancelled'; readonly reason: string }
  )

export interface Facts<Progress = unknown> {
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly attempt: number
  readonly failures: number
  readonly losses: number
  readonly createdAt: Date
  readonly availableAt: Date
  readonly startedAt?: Date
  readonly finishedAt?: Date
  readonly progress?: { readonly percent?: number; readonly note?: string; readonly data?: Progress }
  readonly error?: ErrorInfo
}

export interface HandleKit {
  readonly store: Store
  readonly clock: Clock
  readonly lookout: Lookout
  readonly wrapping: Wrapping
}

export function jobHandle(
  kit: HandleKit,
  { id, task, duplicate }: { id: string; task: string; duplicate: boolean },
): JobHandle {
  return {
    id,
    task,
    duplicate,
    async result(options = {}) {
      checkWait(options, ['timeout', 'signal'])
      const job = await settled(kit, id, options)
      return toOutput(resultOf(id, job && (await kit.wrapping.read(job)))?.result)
    },
    async status() {
      const [stored] = await kit.store.get([id])
      if (!stored) throw new LegworkError('LW2301', `job ${id} is not in the store.`, { id })
      const job = await readable(kit, stored)
      return { ...factsOf(job), ...ending(job) } as Status
    },
    events: (options = {}) => follow(kit, id, options),
    async cancel(reason = 'cancelled by the application') {
      const order = {
        verb: 'cancel',
        ids: [id],
        by: 'application',
        reason: checkReason(reason, 'reason'),
      } as const
      const [acted] = await kit.store.act(order)
      return acted?.outcome ?? 'gone'
    },
  }
}

function checkWait(options: { readonly signal?: AbortSignal }, known: readonly string[]): void {
  checkKnown(options, known, 'option of this wait')
  const { signal } = options
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new InvalidOption('signal', signal, 'an AbortSignal')
}

async function settled(
  kit: HandleKit,
  id: string,
  { timeout, signal }: { timeout?: Duration; signal?: AbortSignal },
): Promise<Job | undefined> {
  const over = new AbortController()
  const timeoutMs = timeout === undefined ? undefined : toMs(timeout, 'timeout')
  const late = () =>
    over.abort(
      new JobFailed(
        'LW2203',
        `job ${id} had no result within ${timeoutMs} ms; it goes on. Ask: legwork why ${id}`,
        { id, timeoutMs },
      ),
    )
  const stop = timeoutMs === undefined ? () => {} : kit.clock.after(timeoutMs, late)
  const leave = () => over.abort(signal?.reason)
  if (signal?.aborted) leave()
  signal?.addEventListener('abort', leave, { once: true })
  try {
    over.signal.throwIfAborted()
    const isOver = (job: Job | undefined) => !job || isFinal(job.state)
    const { job } = await kit.lookout.see(id, (job) => (isOver(job) ? { job } : undefined), {
      signal: over.signal,
    })
    return job
  } finally {
    stop()
    signal?.removeEventListener('abort', leave)
  }
}

/** As its runs said it; without a result that does not open here, for what else is known of it is wanted all the same. */
async function readable({ wrapping }: HandleKit, job: Job): Promise<Job> {
  try {
    return await wrapping.read(job)
  } catch {
    const { result: _closed, ...rest } = shown(job)
    return rest
  }
}

async function* follow(
  kit: HandleKit,
  id: string,
  options: { readonly signal?: AbortSignal },
): AsyncGenerator<JobEvent> {
  checkWait(options, ['signal'])
  const { signal } = options
  const known = new Set<string>()
  for (;;) {
    const { fresh, job } = await kit.lookout.see(
      id,
      (job) => {
        if (!job) throw new LegworkError('LW2301', `job ${id} is not in the store.`, { id })
        const keys = eventsOf(job).map(eventKey)
        return keys.some((key) => !known.has(key))
          ? { fresh: keys.map((key) => !known.has(key)), job }
          : undefined
      },
      { detail: true, ...(signal && { signal }) },
    )
    for (const event of eventsOf(job)) known.add(eventKey(event))
    const events = eventsOf(await readable(kit, job))
    yield* events.filter((_, i) => fresh[i])
    if (isFinal(job.state)) return
  }
}

/** The worker stored what the output schema made of the result, so it is not parsed by the schema a second time. */
const toOutput = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text))

function ending(job: Job): object {
  if (job.state === 'completed') return { state: job.state, output: toOutput(job.result) }
  return isFinal(job.state) ? { state: job.state, reason: job.reason ?? '' } : { state: job.state }
}

function factsOf(job: Job): Facts {
  const { id, task, queue, attempt, failures, losses, startedAt, finishedAt, progress, error } = job
  return {
    id,
    task,
    queue,
    attempt,
    failures,
    losses,
    createdAt: new Date(job.createdAt),
    availableAt: new Date(job.availableAt),
    ...(startedAt !== undefined && { startedAt: new Date(startedAt) }),
    ...(finishedAt !== undefined && { finishedAt: new Date(finishedAt) }),
    ...(progress && {
      progress: {
        ...progress,
        ...(progress.data !== undefined && { data: JSON.parse(progress.data) as unknown }),
      },
    }),
    ...(error && { error }),
  }
}

/** The handle of a job whose store is opened by the first question. */
export function lazyHandle(
  { id, task }: { readonly id: string; readonly task: string },
  lazily: () => Promise<JobHandle<never, never>>,
): JobHandle<never, never> {
  return {
    id,
    task,
    duplicate: true,
    result: async (options) => (await lazily()).result(options),
    status: async () => (await lazily()).status(),
    cancel: async (reason) => (await lazily()).cancel(reason),
    async *events(options) {
      yield* (await lazily()).events(options)
    },
  }
}

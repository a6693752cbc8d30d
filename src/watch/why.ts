import { showMs } from '../job/duration.ts'
import { anywhereAt, canTakeOver } from '../job/elsewhere.ts'
import type { Job } from '../job/job.ts'
import { knownVersion } from '../job/known.ts'
import type { Reason } from '../job/reason.ts'
import { shown } from '../job/shown.ts'
import type { Count, Store, WorkerView } from '../store/index.ts'

export interface Why {
  readonly id: string
  readonly state: Job['state'] | 'not-found'
  readonly reason: Reason
  /** The reason in one sentence. */
  readonly text: string
  /** What to do about it, where something can be done. */
  readonly next?: string
}

/** Why the job is in the state it is in: one reason from the closed list. */
export async function why(store: Store, id: string, now: number): Promise<Why> {
  const [found] = await store.get([id], { attempts: true })
  if (!found) return say(id, 'not-found', { kind: 'not-found' })
  const job = shown(found)
  const [[count], workers] = await Promise.all([store.counts([job.queue]), store.workers()])
  return say(id, job.state, reasonOf(job, { count, workers, now }))
}

interface Around {
  readonly count: Count | undefined
  readonly workers: readonly WorkerView[]
  readonly now: number
}

export function reasonOf(job: Job, around: Around): Reason {
  switch (job.state) {
    case 'completed':
      return { kind: 'completed', agoMs: around.now - (job.finishedAt ?? around.now) }
    case 'dead':
      return {
        kind: 'dead',
        reason: job.reason ?? 'unknown',
        ...(job.error && { error: `${job.error.name}: ${job.error.message}` }),
      }
    case 'cancelled':
      return { kind: 'cancelled', reason: job.reason ?? 'no reason given' }
    case 'running':
    case 'dispatched':
      return runningReason(job, around)
    case 'scheduled':
      // Due: the next worker that looks makes it ready, so it waits for what a ready job waits for.
      return job.availableAt > around.now ? scheduledReason(job, around) : readyReason(job, around)
    case 'suspended':
      return scheduledReason(job, around)
    case 'blocked':
      return job.schedule?.heldBy === undefined
        ? readyReason(job, around)
        : { kind: 'overlap', schedule: job.schedule.name, heldBy: job.schedule.heldBy }
    default:
      return readyReason(job, around)
  }
}

function scheduledReason(job: Job, around: Around): Reason {
  const because = becauseOf(job)
  const serving = servingOf(job, around)
  // Its queue is served, but nobody there can run it: that is why it was given back.
  if (because === 'release' && serving.length > 0 && !serving.some(({ tasks }) => tasks.includes(job.task)))
    return { kind: 'no-handler', task: job.task }
  const inMs = Math.max(0, job.availableAt - around.now)
  const last = job.attempts?.at(-1)
  if (because === 'release' && last?.reason?.startsWith('LW2601'))
    return { kind: 'key-missing', inMs, text: last.reason }
  return { kind: 'scheduled', inMs, because }
}

/** Live workers of the job's queue. */
const servingOf = ({ queue }: Job, { workers, now }: Around): readonly WorkerView[] =>
  workers.filter(({ queues, leaseEndsAt }) => queues.includes(queue) && leaseEndsAt > now)

function runningReason(job: Job, { workers, now }: Around): Reason {
  const holder = workers.find(({ id }) => id === job.worker)
  const worker = holder ? `${holder.host}:${holder.pid}` : (job.worker ?? 'unknown')
  if (!holder || holder.leaseEndsAt <= now) return { kind: 'lease-lapsed', worker }
  if (job.cancelRequested !== undefined) return { kind: 'cancelling', worker, reason: job.cancelRequested }
  return { kind: 'running', worker, sinceMs: now - (job.startedAt ?? now) }
}

function readyReason(job: Job, around: Around): Reason {
  const { count } = around
  if (count?.paused)
    return { kind: 'queue-paused', queue: job.queue, reason: count.paused.reason, by: count.paused.by }
  const serving = servingOf(job, around)
  if (serving.length === 0) return { kind: 'no-worker', queue: job.queue }
  if (!serving.some(({ tasks }) => tasks.includes(job.task))) return { kind: 'no-handler', task: job.task }
  if (job.suspect) return { kind: 'suspect', losses: job.losses }
  const away = elsewhereReason(job, serving, around.now)
  if (away) return away
  const unable = tooOld(job, serving)
  if (unable) return unable
  const ready = count?.states.ready ?? 0
  return {
    kind: 'waiting-in-line',
    // A ready job is one of those counted.
    ahead: Math.max(0, job.state === 'ready' ? ready - 1 : ready),
    workers: serving.length,
  }
}

/** Undefined where the process that it avoids may take it all the same. */
function elsewhereReason(job: Job, serving: readonly WorkerView[], now: number): Reason | undefined {
  const { avoids } = job
  if (avoids === undefined) return undefined
  const inMs = anywhereAt(job.availableAt) - now
  const workers = serving.filter((worker) => canTakeOver(worker, job, avoids)).length
  return inMs > 0 && workers > 0 ? { kind: 'elsewhere', avoids, workers, inMs } : undefined
}

/** Undefined where a live worker knows the version of the job's payload. */
function tooOld({ task, version }: Job, serving: readonly WorkerView[]): Reason | undefined {
  const known = serving
    .filter(({ tasks }) => tasks.includes(task))
    .map((worker) => knownVersion(worker, task))
  const newest = Math.max(...known)
  if (newest >= version) return undefined
  return { kind: 'newer-version', task, version, known: newest, workers: known.length }
}

const becauses = { retry: 'retry', snooze: 'snooze', release: 'release', lapse: 'loss' } as const

function becauseOf(job: Job): Extract<Reason, { kind: 'scheduled' }>['because'] {
  const last = job.attempts?.at(-1)?.outcome
  return last !== undefined && last in becauses ? becauses[last as keyof typeof becauses] : 'delay'
}

function say(id: string, state: Why['state'], reason: Reason): Why {
  const [text, next] = sentence(id, reason)
  return { id, state, reason, text, ...(next && { next }) }
}

function sentence(id: string, r: Reason): readonly [string, string?] {
  switch (r.kind) {
    case 'running':
      return [`running for ${showMs(r.sinceMs)} on ${r.worker}`]
    case 'cancelling':
      return [`running on ${r.worker}, which was asked to stop: ${r.reason}`]
    case 'lease-lapsed':
      return [
        `held by worker ${r.worker}, which is gone or silent; another worker takes it as soon as one looks`,
        'start a worker: legwork worker FILE',
      ]
    case 'scheduled':
      return [
        `waits ${showMs(r.inMs)} more because of ${becauseText[r.because]}`,
        `run it now: legwork jobs promote ${id}`,
      ]
    case 'key-missing':
      return [
        `${r.text} Looked for again in ${showMs(r.inMs)}`,
        `give a worker the key, then: legwork jobs promote ${id}`,
      ]
    case 'queue-paused':
      return [`queue ${r.queue} is paused by ${r.by}: ${r.reason}`, `legwork queues resume ${r.queue}`]
    case 'overlap':
      return [
        `waits for an earlier job of schedule ${r.schedule}: ${r.heldBy}`,
        `see what keeps that one: legwork why ${r.heldBy}`,
      ]
    case 'no-worker':
      return [`no live worker serves queue ${r.queue}`, 'start a worker: legwork worker FILE']
    case 'no-handler':
      return [`no live worker has a handler for task ${r.task}`, 'deploy a worker with app.handle for it']
    case 'suspect':
      return [
        `crashed ${r.losses} times with others; runs alone next, as soon as a worker process has let its other jobs end`,
      ]
    case 'elsewhere':
      return [
        `is to run in another process than ${r.avoids}; ${r.workers} live ${r.workers === 1 ? 'worker' : 'workers'} can take it, and in ${showMs(r.inMs)} anyone may`,
      ]
    case 'newer-version':
      return [
        `waits for a worker that knows version ${r.version} of ${r.task}; ${r.workers} live ${r.workers === 1 ? 'worker knows' : 'workers know'} ${r.known}`,
        'deploy a worker of the new release',
      ]
    case 'waiting-in-line':
      return [
        `waits in line; at most ${r.ahead} ${r.ahead === 1 ? 'other is' : 'others are'} ready in its queue, ${r.workers} ${r.workers === 1 ? 'worker serves' : 'workers serve'} it`,
      ]
    case 'completed':
      return [`completed ${showMs(r.agoMs)} ago`]
    case 'dead':
      return [
        `in the dead letters (${r.reason})${r.error ? `: ${r.error}` : ''}`,
        `repair the cause, then: legwork dead retry ${id}`,
      ]
    case 'cancelled':
      return [`cancelled: ${r.reason}`, `bring it back: legwork jobs retry ${id}`]
    case 'not-found':
      return [
        'no job has this id: never enqueued in this store, or removed by its retention',
        'legwork jobs list',
      ]
  }
}

const becauseText = {
  delay: 'the delay it was enqueued with',
  retry: 'its backoff after a failure',
  snooze: 'a snooze by its handler',
  release: 'a release by a worker that could not run it',
  loss: 'the loss of its worker',
} as const

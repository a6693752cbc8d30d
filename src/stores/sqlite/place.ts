import { defaults } from '../../job/defaults.ts'
import type { NewJob } from '../../job/job.ts'
import type { Value } from './driver.ts'
import { type Engine, queueId, taskId } from './engine.ts'
import { laneId } from './lanes.ts'
import { codeOf, retainText } from './row.ts'

/** Where a new job stands: names by their numbers, times by the store's clock. */
export interface Place {
  readonly state: 'scheduled' | 'ready'
  readonly queue: number
  /** The columns of enqueue-body.sql that a policy decides, from `task_id` to `retain` without the tags. */
  readonly body: readonly Value[]
  /** The columns of enqueue-ticket.sql after the seq. */
  readonly ticket: readonly Value[]
}

export function placeOf(e: Engine, job: NewJob, now: number): Place {
  const queue = queueId(e, job.queue)
  const task = taskId(e, job.task)
  const availableAt = Math.ceil(Math.max(now, job.runAt ?? now + (job.delayMs ?? 0)))
  const state = availableAt > now ? 'scheduled' : 'ready'
  const { version, priority, maxAttempts, ttlMs = null, deadlineMs = null } = job
  const retain = retainText(job.retain)
  const lane = laneId(e, queue, task, version)
  return {
    state,
    queue,
    body: [task, queue, version, priority, maxAttempts, now, ttlMs, deadlineMs, retain],
    ticket: [codeOf[state], queue, lane, sortKey(availableAt, priority), availableAt, ...endsOf(job, now)],
  }
}

/** When the job expires while it waits, and its deadline. */
export function endsOf(
  { ttlMs, deadlineMs }: Pick<NewJob, 'ttlMs' | 'deadlineMs'>,
  now: number,
): [number | null, number | null] {
  const deadlineAt = deadlineMs === undefined ? null : now + deadlineMs
  return [ttlMs === undefined ? deadlineAt : Math.min(now + ttlMs, deadlineAt ?? Infinity), deadlineAt]
}

/** Each step of priority is worth one minute of waiting, so nothing starves. */
export const sortKey = (availableAt: number, priority: number): number =>
  availableAt + priority * defaults.ageStepMs

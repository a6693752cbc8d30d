import { defaults } from '../../job/defaults.ts'
import type { Enqueued, NewJob } from '../../job/job.ts'
import { type Engine, newTally, queueId, type Tally, taskId } from './engine.ts'
import { codeOf, retainText, stateOf } from './row.ts'

/** Adds each job unless its id is known. The caller holds the transaction. */
export function enqueue(e: Engine, jobs: readonly NewJob[]): Enqueued[] {
  const now = e.time.now()
  const tally = newTally(e)
  const answers = jobs.map((job) => add(e, job, { now, tally }))
  tally.write()
  return answers
}

function add(e: Engine, job: NewJob, { now, tally }: { now: number; tally: Tally }): Enqueued {
  const queue = queueId(e, job.queue)
  const written = writeBody(e, job, { queue, now })
  if (written.changes === 0) return known(e, job.id)
  const seq = Number(written.lastInsertRowid)
  const availableAt = Math.ceil(Math.max(now, job.runAt ?? now + (job.delayMs ?? 0)))
  const state = availableAt > now ? codeOf.scheduled : codeOf.ready
  const deadlineAt = job.deadlineMs === undefined ? null : now + job.deadlineMs
  const expiresAt = job.ttlMs === undefined ? deadlineAt : Math.min(now + job.ttlMs, deadlineAt ?? Infinity)
  const sort = sortKey(availableAt, job.priority)
  e.statement('enqueueTicket').run(seq, state, queue, sort, availableAt, expiresAt, deadlineAt)
  for (const tag of job.tags) e.statement('enqueueTag').run(tag, seq)
  tally.add(queue, state, 1)
  return { id: job.id, outcome: 'created', state: stateOf(state), task: job.task }
}

/** Each step of priority is worth one minute of waiting, so nothing starves. */
export const sortKey = (availableAt: number, priority: number): number =>
  availableAt + priority * defaults.ageStepMs

function writeBody(e: Engine, job: NewJob, { queue, now }: { queue: number; now: number }) {
  return e
    .statement('enqueueBody')
    .run(
      job.id,
      taskId(e, job.task),
      queue,
      job.version,
      job.priority,
      job.maxAttempts,
      now,
      job.ttlMs ?? null,
      job.deadlineMs ?? null,
      job.tags.length > 0 ? JSON.stringify(job.tags) : null,
      retainText(job.retain),
      job.payload,
    )
}

function known(e: Engine, id: string): Enqueued {
  const { state, task } = e.statement('enqueueKnown').get(id) as { state: number; task: string }
  return { id, outcome: 'duplicate', state: stateOf(state), task }
}

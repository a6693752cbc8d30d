import { defaults } from '../../job/defaults.ts'
import type { Enqueued, NewJob } from '../../job/job.ts'
import type { State } from '../../job/state.ts'
import type { Value } from './driver.ts'
import { type Engine, newTally, queueId, readJson, taskId } from './engine.ts'
import { laneId } from './lanes.ts'
import { codeOf, retainText, stateOf } from './row.ts'

/** Adds each job unless its id is known. The caller holds the transaction. */
export function enqueue(e: Engine, jobs: readonly NewJob[]): Enqueued[] {
  const known = knownOf(e, jobs)
  const batch = newBatch(e)
  const answers = jobs.map((job): Enqueued => {
    const twin = known.get(job.id)
    if (twin) return { id: job.id, outcome: 'duplicate', ...twin }
    const added = { state: batch.add(job), task: job.task }
    known.set(job.id, added)
    return { id: job.id, outcome: 'created', ...added }
  })
  batch.write()
  return answers
}

interface Known {
  readonly state: State
  readonly task: string
}

/** The jobs that hold one of these ids already. */
function knownOf(e: Engine, jobs: readonly NewJob[]): Map<string, Known> {
  // The columns of enqueue-known.sql.
  const rows = readJson(e, 'enqueueKnown', JSON.stringify(jobs.map((job) => job.id))) as [
    string,
    number,
    string,
  ][]
  return new Map(rows.map(([id, state, task]) => [id, { state: stateOf(state), task }]))
}

/** Rows of one enqueue, gathered to be written together. */
function newBatch(e: Engine) {
  const now = e.time.now()
  const tally = newTally(e)
  const bodies: Value[][] = []
  const tickets: Value[][] = []
  const tags: Value[][] = []
  let { seq } = e.statement('enqueueLast').get() as { seq: number }
  return {
    add(job: NewJob): State {
      seq += 1
      const queue = queueId(e, job.queue)
      const task = taskId(e, job.task)
      const availableAt = Math.ceil(Math.max(now, job.runAt ?? now + (job.delayMs ?? 0)))
      const state = availableAt > now ? 'scheduled' : 'ready'
      bodies.push([seq, job.id, task, queue, ...bodyOf(job, now)])
      tickets.push([
        seq,
        codeOf[state],
        queue,
        laneId(e, queue, task, job.version),
        sortKey(availableAt, job.priority),
        availableAt,
        ...endsOf(job, now),
      ])
      for (const tag of job.tags) tags.push([tag, seq])
      tally.add(queue, codeOf[state], 1)
      return state
    },
    write(): void {
      e.insert('enqueueBody', bodies)
      e.insert('enqueueTicket', tickets)
      e.insert('enqueueTag', tags)
      tally.write()
    },
  }
}

/** From `version` on, the columns of enqueue-body.sql. */
const bodyOf = (job: NewJob, now: number): Value[] => [
  job.version,
  job.priority,
  job.maxAttempts,
  now,
  job.ttlMs ?? null,
  job.deadlineMs ?? null,
  job.tags.length > 0 ? JSON.stringify(job.tags) : null,
  retainText(job.retain),
  job.payload,
]

/** When the job expires while it waits, and its deadline. */
function endsOf({ ttlMs, deadlineMs }: NewJob, now: number): [number | null, number | null] {
  const deadlineAt = deadlineMs === undefined ? null : now + deadlineMs
  return [ttlMs === undefined ? deadlineAt : Math.min(now + ttlMs, deadlineAt ?? Infinity), deadlineAt]
}

/** Each step of priority is worth one minute of waiting, so nothing starves. */
export const sortKey = (availableAt: number, priority: number): number =>
  availableAt + priority * defaults.ageStepMs

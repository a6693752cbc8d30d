import type { Accepted, Declined, NewJob } from '../../job/job.ts'
import type { State } from '../../job/state.ts'
import { holdsUntil, replacedAt } from '../../job/unique.ts'
import type { Value } from './driver.ts'
import { type Engine, queueId, readJson, taskId } from './engine.ts'
import type { Batch } from './enqueue.ts'
import { laneId } from './lanes.ts'
import { bitsOf, holds, stateNow, take } from './keys.ts'
import { endsOf, sortKey } from './place.ts'
import { codeOf, retainText } from './row.ts'
import { markSuspect, setOnCrash } from './suspects.ts'

/** A job that holds a key, as far as a newcomer must know it. */
interface Twin {
  readonly seq: number
  readonly id: string
  readonly task: string
  readonly queueId: number
  readonly createdAt: number
  readonly attempt: number
  readonly isSuspect: boolean
  readonly state: State
  readonly priority: number
  readonly availableAt: number
}

/** The keys of one enqueue. */
interface Keys {
  /** What becomes of a newcomer whose key is held; `undefined` where it is not, or there is no key. */
  meet(job: NewJob): Accepted | Declined | undefined
  /** Gives the batch's newest job its key. */
  take(job: NewJob, state: State): void
  write(): void
}

export function newKeys(e: Engine, jobs: readonly NewJob[], batch: Batch): Keys {
  const { twins, over } = findTwins(e, jobs, batch.now)
  const rows: Value[][] = []
  return {
    meet(job) {
      const twin = job.unique && twins.get(job.unique.key)
      if (!job.unique || !twin) return undefined
      const { id, task, state } = twin
      const { onConflict } = job.unique
      if (onConflict === 'throw')
        return { id: job.id, outcome: 'refused', refusal: { because: 'twin', twin: id } }
      if (onConflict === 'return' || (state !== 'scheduled' && state !== 'ready'))
        return { id, outcome: 'existing', state, task }
      // The twin may be of this very batch.
      batch.write()
      const next = replace(e, { twin, newcomer: job, batch })
      twins.set(job.unique.key, next)
      return { id, outcome: 'replaced', state: next.state, task }
    },
    take(job, state) {
      if (!job.unique) return
      const { key, states, forMs } = job.unique
      const until = forMs === undefined ? null : holdsUntil(job.unique, batch.now)
      rows.push([batch.seq(), key, bitsOf(states), until])
      twins.set(key, newTwin(e, { job, state, batch }))
    },
    write() {
      take(
        e,
        rows.map((row) => over.get(row[1] as string)).filter((seq) => seq !== undefined),
      )
      e.insert('uniqueAdd', rows)
      if (rows.length > 0) e.statement('uniqueMark').run(JSON.stringify(rows.map((row) => row[0])))
    },
  }
}

/** Who holds the keys of these jobs now, and who still has one that it does not hold. */
function findTwins(e: Engine, jobs: readonly NewJob[], now: number) {
  const keys = new Set(jobs.flatMap((job) => job.unique?.key ?? []))
  const twins = new Map<string, Twin>()
  const over = new Map<string, number>()
  for (const row of readJson(e, 'uniqueFind', JSON.stringify([...keys])) as FoundRow[]) {
    const [
      key,
      until_ms,
      states,
      seq,
      id,
      task,
      state,
      queue,
      createdAt,
      priority,
      availableAt,
      attempt,
      suspect,
      expires_at_ms,
    ] = row
    if (!holds({ until_ms, states, state, expires_at_ms }, now)) over.set(key, seq)
    else
      twins.set(key, {
        ...{ seq, id, task, state: stateNow({ state, expires_at_ms }, now), queueId: queue },
        ...{ createdAt, priority, availableAt, attempt, isSuspect: suspect === 1 },
      })
  }
  return { twins, over }
}

/** The columns of `unique-find.sql`. */
type FoundRow = readonly [
  key: string,
  until: number | null,
  states: number,
  seq: number,
  id: string,
  task: string,
  state: number,
  queueId: number,
  createdAt: number,
  priority: number,
  availableAt: number,
  attempt: number,
  suspect: number | null,
  expiresAt: number | null,
]

function newTwin(e: Engine, { job, state, batch }: { job: NewJob; state: State; batch: Batch }): Twin {
  const { id, task, priority } = job
  const availableAt = Math.ceil(Math.max(batch.now, job.runAt ?? batch.now + (job.delayMs ?? 0)))
  const where = { seq: batch.seq(), queueId: queueId(e, job.queue), createdAt: batch.now }
  return { id, task, state, priority, availableAt, attempt: 0, isSuspect: false, ...where }
}

interface Meeting {
  readonly twin: Twin
  readonly newcomer: NewJob
  readonly batch: Batch
}

/** A waiting twin takes what the newcomer says; it keeps its id, its queue, its key and what has happened to it. */
function replace(e: Engine, { twin, newcomer, batch }: Meeting): Twin {
  const { seq } = twin
  const { now, tally } = batch
  const priority = newcomer.unique?.onConflict === 'latest' ? twin.priority : newcomer.priority
  const availableAt = Math.ceil(replacedAt(twin, newcomer, now))
  const state = availableAt > now ? 'scheduled' : 'ready'
  const { deadlineMs } = newcomer
  // Who was started once has outlived its ttl.
  const ends = endsOf(twin.attempt > 0 ? { ...(deadlineMs !== undefined && { deadlineMs }) } : newcomer, now)
  // Where another input had come is no place for this one to go on from.
  for (const name of ['dropTag', 'dropCheckpoint'] as const) e.statement(name).run(JSON.stringify([seq]))
  const { version, maxAttempts, ttlMs = null, tags } = newcomer
  const rest = [ttlMs, deadlineMs ?? null, tags.length > 0 ? JSON.stringify(tags) : null]
  const said = [...rest, retainText(newcomer.retain), newcomer.payload]
  e.statement('uniqueReplaceBody').run(seq, version, priority, maxAttempts, ...said)
  setOnCrash(e, seq, newcomer.onCrash ?? 'retry')
  e.insert(
    'enqueueTag',
    tags.map((tag) => [tag, seq]),
  )
  const lane = laneId(e, twin.queueId, taskId(e, twin.task), version)
  const place = [codeOf[state], lane, sortKey(availableAt, priority), availableAt]
  e.statement('uniqueReplaceTicket').run(seq, ...place, ...ends)
  if (twin.isSuspect) markSuspect(e, seq)
  tally.add(twin.queueId, codeOf[twin.state], -1)
  tally.add(twin.queueId, codeOf[state], 1)
  return { ...twin, state, priority, availableAt }
}

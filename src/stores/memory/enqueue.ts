import type { Enqueued, NewJob } from '../../job/job.ts'
import type { EnqueueHow } from '../../store/index.ts'
import { takeKey } from './keys.ts'
import { refusals } from './refusals.ts'
import { move, type Row, startsAt, type Tables } from './tables.ts'
import { meetTwin } from './unique.ts'

/** Adds each job unless its id is known, or its twin stands for it, or it is refused. */
export function enqueue(s: Tables, jobs: readonly NewJob[], { allOrNone }: EnqueueHow = {}): Enqueued[] {
  const refused = refusals(s, jobs, allOrNone)
  return jobs.map((job, i) => {
    const known = s.rows.get(job.id)
    const met = refused[i] ?? (known ? undefined : meetTwin(s, job))
    if (met) return met
    const row = known ?? add(s, job)
    return { id: job.id, outcome: known ? 'duplicate' : 'created', state: row.state, task: row.job.task }
  })
}

function add(s: Tables, job: NewJob): Row {
  const now = s.clock.now()
  const row: Row = {
    seq: ++s.seq,
    job,
    createdAt: now,
    state: 'scheduled',
    availableAt: startsAt(s, job),
    expiresAt: earliest(job.ttlMs, job.deadlineMs, now),
    attempt: 0,
    fence: 0,
    failures: 0,
    losses: 0,
    snoozes: 0,
    releases: 0,
    attempts: [],
    logs: [],
  }
  s.rows.set(job.id, row)
  move(s, row, row.availableAt > now ? 'scheduled' : 'ready')
  takeKey(s, row)
  return row
}

/** When a job that was never started is given up. */
export function earliest(
  ttlMs: number | undefined,
  deadlineMs: number | undefined,
  from: number,
): number | undefined {
  const ms = Math.min(ttlMs ?? Infinity, deadlineMs ?? Infinity)
  return ms === Infinity ? undefined : from + ms
}

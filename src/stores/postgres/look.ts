import { placeOf } from '../../store/cursor.ts'
import type { Job } from '../../job/job.ts'
import type { QueueLimits } from '../../job/intake.ts'
import { allStates, isFinal, type State } from '../../job/state.ts'
import { codeOf } from '../../store/codes.ts'
import type { Count, Found, Where, WorkerView } from '../../store/contract.ts'
import type { Engine } from './engine.ts'
import {
  aboutOf,
  type AttemptRow,
  given,
  type JobRow,
  type LogRow,
  type RevisionRow,
  toAttempt,
  toJob,
  toLogLine,
  toRevision,
} from './row.ts'

interface Options {
  readonly attempts?: boolean
  readonly logs?: boolean
  readonly revisions?: boolean
}
type Got = readonly [
  job: JobRow,
  attempts: readonly AttemptRow[] | null,
  logs: readonly LogRow[] | null,
  revisions: readonly RevisionRow[] | null,
]

export async function get(
  e: Engine,
  ids: readonly string[],
  options: Options,
): Promise<readonly (Job | undefined)[]> {
  if (ids.length === 0) return []
  const all = await e.call<readonly (Got | null)[]>('get_v1', { ids, ...options })
  return all.map((one) => (one === null ? undefined : toShown(one, options)))
}

const toShown = ([row, attempts, logs, revisions]: Got, options: Options): Job => ({
  ...toJob(row),
  ...(options.attempts && { attempts: (attempts ?? []).map(toAttempt) }),
  ...(options.logs && { logs: (logs ?? []).map(toLogLine) }),
  ...(options.revisions && { revisions: (revisions ?? []).map(toRevision) }),
})

/** Rows that one call of `find` looks at. */
const lookAt = 20_000

/** One page, newest first. The narrowest index leads the search, the other conditions are checked on its rows. */
export async function find(
  e: Engine,
  where: Where,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<Found> {
  if (limit <= 0 || where.states?.length === 0) return { jobs: [] }
  const { jobs, next } = await e.call<{ jobs: readonly JobRow[] | null; next?: number | null }>('find_v1', {
    ...where,
    ...(where.states && { states: where.states.map((state) => codeOf[state]) }),
    ...(cursor !== undefined && { before: placeOf(cursor, 36) }),
    ...{ limit, lookAt, driver: driverOf(where) },
  })
  return {
    jobs: (jobs ?? []).map(toJob),
    ...(next !== null && next !== undefined && { cursor: next.toString(36) }),
  }
}

function driverOf({ states, queue, task, tag }: Where): string {
  if (tag !== undefined) return 'tag'
  const [only] = states?.length === 1 ? states : []
  if (only === 'dead' || only === 'cancelled') return 'unfinished'
  if (states?.every((state) => !isFinal(state))) return 'live'
  if (task !== undefined || queue !== undefined) return 'line'
  return states?.every(isFinal) ? 'final' : 'job'
}

/** The columns of counts-v1.sql. */
type CountRow = readonly [
  queue: string,
  reason: string | null,
  by: string | null,
  at: number | null,
  limited: boolean,
  maxWaiting: number | null,
  rateMax: number | null,
  rateEveryMs: number | null,
  declared: string | null,
  deployedAt: number | null,
  states: Readonly<Record<string, number>> | null,
  oldestReadyAt: number | null,
]

export async function counts(e: Engine, queues?: readonly string[]): Promise<readonly Count[]> {
  const rows = await e.call<readonly CountRow[]>('counts_v1', { ...(queues && { queues }) })
  return rows.map((row) => {
    const [queue, reason, by, at, limited, , , , digest, deployedAt, tally, oldest] = row
    const states = allStates.map((state) => [state, tally?.[codeOf[state]] ?? 0])
    return {
      queue,
      // One entry for each of all the states.
      states: Object.fromEntries(states) as Record<State, number>,
      ...(at !== null && { paused: { reason: reason ?? '', by: by ?? '', at } }),
      ...(limited && { limits: limitsOf(row) }),
      ...(digest !== null && { declared: { digest, ...given('deployedAt', deployedAt) } }),
      ...given('oldestReadyAt', oldest),
    }
  })
}

function limitsOf([, , , , , maxWaiting, max, everyMs]: CountRow): QueueLimits {
  const rate = max !== null && everyMs !== null && { max, everyMs }
  return { ...given('maxWaiting', maxWaiting), ...(rate && { enqueueRate: rate }) }
}

type WorkerRow = readonly [
  id: string,
  host: string,
  pid: number,
  version: string,
  concurrency: number,
  startedAt: number,
  beatAt: number,
  leaseEndsMono: number,
  about: string,
  running: number,
  ending: boolean,
]

export async function workers(e: Engine): Promise<readonly WorkerView[]> {
  const all = await e.call<{ now: number; workers: readonly WorkerRow[] | null }>('workers_v1', {})
  const [now, mono] = e.clock ? [e.clock.now(), e.clock.monotonic()] : [all.now, all.now]
  return (all.workers ?? []).map((row) => {
    const [id, host, pid, version, concurrency, startedAt, beatAt, ends, about, running, ending] = row
    const said = { id, host, pid, version, concurrency, ...aboutOf(about) }
    return {
      ...said,
      startedAt,
      beatAt,
      leaseEndsAt: Math.round(now + ends - mono),
      running,
      ...(ending && { ending }),
    }
  })
}

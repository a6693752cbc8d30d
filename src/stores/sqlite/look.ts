import type { Job } from '../../job/job.ts'
import { allStates, type State } from '../../job/state.ts'
import type { Count, WorkerView } from '../../store/contract.ts'
import { revisionsOf } from './edit.ts'
import type { Engine } from './engine.ts'
import { type LimitRow, limitsOf } from './intake.ts'
import {
  type AttemptRow,
  type JobRow,
  knownTasks,
  type LogRow,
  type NewestRow,
  stateOf,
  toAttempt,
  toJob,
  toLogLine,
} from './row.ts'
import { slotOf } from './slots.ts'

/** Ready rows that `counts` looks at to find the one that waits longest; exact while no more than these are ready. */
const headRows = 1_000

export function get(
  e: Engine,
  ids: readonly string[],
  options: { attempts?: boolean; logs?: boolean; revisions?: boolean },
): (Job | undefined)[] {
  return ids.map((id) => {
    const row = e.statement('jobById').get(id) as JobRow | undefined
    return (
      row && {
        ...asJob(e, row),
        ...(options.attempts && { attempts: attemptsOf(e, row.seq) }),
        ...(options.logs && { logs: logsOf(e, row.seq) }),
        ...(options.revisions && { revisions: revisionsOf(e, row.seq) }),
      }
    )
  })
}

/** A job with what it still shows of its last run. */
export function asJob(e: Engine, row: JobRow): Job {
  const newest = row.attempt > 0 ? e.statement('attemptNewest').get(row.seq) : undefined
  const schedule = slotOf(e, row.id)
  return { ...toJob(row, newest as NewestRow | undefined), ...(schedule && { schedule }) }
}

const attemptsOf = (e: Engine, seq: number) =>
  (e.statement('attemptList').all(seq) as AttemptRow[]).map(toAttempt)
const logsOf = (e: Engine, seq: number) => (e.statement('logList').all(seq) as LogRow[]).map(toLogLine)

interface CountRow extends LimitRow {
  readonly id: number
  readonly name: string
  readonly paused_reason: string | null
  readonly paused_by: string | null
  readonly paused_at_ms: number | null
  readonly limited: number
  readonly declared_digest: string | null
  readonly declared_deployed_ms: number | null
  readonly state: number | null
  readonly n: number | null
}

export function counts(e: Engine, only?: readonly string[]): Count[] {
  const byQueue = new Map<string, CountRow[]>()
  for (const row of e.statement('countList').all() as CountRow[])
    byQueue.set(row.name, [...(byQueue.get(row.name) ?? []), row])
  return [...byQueue.keys()]
    .filter((name) => only?.includes(name) ?? true)
    .sort()
    .map((name) => toCount(e, byQueue.get(name) ?? []))
    .filter(
      (count) =>
        count.paused !== undefined ||
        count.limits !== undefined ||
        count.declared !== undefined ||
        Object.values(count.states).some((n) => n > 0),
    )
}

function toCount(e: Engine, rows: readonly CountRow[]): Count {
  const [first] = rows as readonly [CountRow, ...CountRow[]]
  const states = Object.fromEntries(allStates.map((state) => [state, 0])) as Record<State, number>
  for (const { state, n } of rows) if (state !== null) states[stateOf(state)] = n ?? 0
  const { paused_at_ms: at, paused_reason, paused_by } = first
  const oldest =
    states.ready > 0
      ? (e.statement('countOldest').get(first.id, headRows) as { at_ms: number | null }).at_ms
      : null
  return {
    queue: first.name,
    states,
    ...(at !== null && { paused: { reason: paused_reason ?? '', by: paused_by ?? '', at } }),
    ...(first.limited === 1 && { limits: limitsOf(first) }),
    ...declaredIn(first),
    ...(oldest !== null && { oldestReadyAt: oldest }),
  }
}

function declaredIn({
  declared_digest: digest,
  declared_deployed_ms: at,
}: CountRow): Pick<Count, 'declared'> {
  return digest === null ? {} : { declared: { digest, ...(at !== null && { deployedAt: at }) } }
}

interface WorkerRow {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly queues: string
  readonly tasks: string
  readonly concurrency: number
  readonly started_at_ms: number
  readonly beat_at_ms: number
  readonly lease_ends_mono_ms: number
  readonly boot: string
  readonly schedules: string | null
  readonly limits: string | null
  readonly tells_begin: number | null
  readonly ending: number | null
  readonly running: number
}

export function workers(e: Engine): WorkerView[] {
  const now = e.time.now()
  return (e.statement('workerList').all() as WorkerRow[]).map((row) => ({
    id: row.id,
    host: row.host,
    pid: row.pid,
    version: row.version,
    queues: JSON.parse(row.queues) as string[],
    ...knownTasks(row.tasks),
    concurrency: row.concurrency,
    ...(row.schedules !== null && { schedules: JSON.parse(row.schedules) as Record<string, string> }),
    ...(row.limits !== null && { limits: JSON.parse(row.limits) as Record<string, string> }),
    ...(row.tells_begin === 1 && { tellsBegin: true }),
    ...(row.ending === 1 && { ending: true }),
    startedAt: row.started_at_ms,
    beatAt: row.beat_at_ms,
    // The monotonic clock of another boot says nothing: such a lease is over.
    leaseEndsAt:
      row.boot === e.time.boot
        ? Math.round(now + row.lease_ends_mono_ms - e.time.monotonic())
        : Math.min(now, row.beat_at_ms),
    running: row.running,
  }))
}

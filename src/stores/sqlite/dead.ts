import { type FailureGroup, groupOf, hourOf, keptHours, trendHours, trendOf } from '../../job/dead.ts'
import { defaults } from '../../job/defaults.ts'
import type { ErrorInfo } from '../../job/job.ts'
import type { FailureWhere, Mark } from '../../store/dead.ts'
import type { Engine } from './engine.ts'

/** A job that has just died. */
export interface Dying {
  readonly seq: number
  readonly queue_id: number
  readonly reason: string | undefined
  /** Of the attempt that ended it. */
  readonly error: ErrorInfo | undefined
}

/** Counts deaths in their groups and numbers them: what only dead jobs pay for. */
export function died(e: Engine, now: number, dying: readonly Dying[]): void {
  if (dying.length === 0) return
  const rows = e.statement('deadTask').all(JSON.stringify(dying.map(({ seq }) => seq))) as {
    seq: number
    task_id: number
  }[]
  const tasks = new Map(rows.map(({ seq, task_id }) => [seq, task_id]))
  const groups = new Map<string, Dying[]>()
  const keyOf = (one: Dying) =>
    `${tasks.get(one.seq)} ${one.queue_id} ${groupOf(one.reason, one.error).fingerprint}`
  for (const one of dying) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one])
  const ids = new Map([...groups].map(([key, all]) => [key, count(e, now, { all, tasks })]))
  e.insert(
    'deadAdd',
    dying.map((one) => [one.seq, ids.get(keyOf(one)) as number, now]),
  )
}

function count(
  e: Engine,
  now: number,
  { all, tasks }: { all: readonly Dying[]; tasks: ReadonlyMap<number, number> },
): number {
  const newest = all.at(-1) as Dying
  const { fingerprint, name, message } = groupOf(newest.reason, newest.error)
  const task = tasks.get(newest.seq) as number
  const { id } = e
    .statement('failureCount')
    .get(task, newest.queue_id, fingerprint, name, message, all.length, now) as { id: number }
  e.statement('failureHour').run(id, hourOf(now), all.length)
  e.statement('failureHourDrop').run(id, hourOf(now) - keptHours)
  return id
}

/** Forgets the deaths of jobs that come back, or are removed. */
export function risen(e: Engine, seqs: readonly number[]): void {
  if (seqs.length === 0) return
  const left = e.statement('deadLeave').all(JSON.stringify(seqs)) as { failure_id: number }[]
  const groups = new Map<number, number>()
  for (const { failure_id: id } of left) groups.set(id, (groups.get(id) ?? 0) + 1)
  for (const [id, n] of groups) e.statement('failureLeave').run(id, n)
}

interface GroupRow {
  readonly id: number
  readonly task: string
  readonly queue: string
  readonly fingerprint: string
  readonly name: string
  readonly message: string
  readonly dead: number
  readonly total: number
  readonly first_at_ms: number
  readonly last_at_ms: number
  readonly status: number
  readonly regressed_at_ms: number | null
  readonly sample: string | null
}

const statuses = ['open', 'ignored', 'resolved'] as const satisfies readonly FailureGroup['status'][]

export function failuresList(e: Engine, { since, ...where }: FailureWhere): FailureGroup[] {
  const keys = groupKeys(e, where)
  if (!keys) return []
  const rows = e.statement('failureList').all(...keys, since ?? null, 1_000) as GroupRow[]
  const now = e.time.now()
  const list = JSON.stringify(rows.map(({ id }) => id))
  const hours = new Map(rows.map(({ id }) => [id, new Map<number, number>()]))
  for (const { failure_id, hour, n } of e.statement('failureHours').all(list, hourOf(now) - trendHours) as {
    failure_id: number
    hour: number
    n: number
  }[])
    hours.get(failure_id)?.set(hour, n)
  return rows.map((row) => ({
    task: row.task,
    queue: row.queue,
    fingerprint: row.fingerprint,
    name: row.name,
    message: row.message,
    count: row.dead,
    total: row.total,
    firstSeenAt: row.first_at_ms,
    lastSeenAt: row.last_at_ms,
    trend: trendOf(hours.get(row.id) ?? new Map(), now),
    status: statuses[row.status] ?? 'open',
    ...(row.regressed_at_ms !== null && { regressedAt: row.regressed_at_ms }),
    ...(row.sample !== null && { sampleJobId: row.sample }),
  }))
}

type Keys = readonly [task: number | null, queue: number | null, fingerprint: string | null]

/** The numbers of the names; `undefined` when one was never heard of. */
function groupKeys(e: Engine, { task, queue, fingerprint }: Omit<FailureWhere, 'since'>): Keys | undefined {
  const idOf = (row: unknown) => (row as { id: number } | undefined)?.id
  const taskId = task === undefined ? null : idOf(e.statement('taskFind').get(task))
  const queueId = queue === undefined ? null : idOf(e.statement('queueFind').get(queue))
  if (taskId === undefined || queueId === undefined) return undefined
  return [taskId, queueId, fingerprint ?? null]
}

/** The numbers of the groups that fit, with how many are dead in each. */
export function groupsOf(
  e: Engine,
  where: Omit<FailureWhere, 'since'>,
): readonly { readonly id: number; readonly dead: number }[] {
  const keys = groupKeys(e, where)
  return keys ? (e.statement('failureFind').all(...keys) as { id: number; dead: number }[]) : []
}

export function failuresMark(e: Engine, marks: readonly Mark[]): number[] {
  return marks.map(({ status, by, ...where }) => {
    const groups = groupsOf(e, where)
    for (const { id } of groups) e.statement('failureMark').run(id, statuses.indexOf(status))
    if (groups.length > 0)
      e.statement('auditAdd').run(e.time.now(), by, `mark ${status}`, where.fingerprint, null)
    return groups.length
  })
}

export const areForgettable = (e: Engine): boolean =>
  e.statement('failureGone').all(e.time.now() - defaults.keep.failures.ageMs, 1).length > 0

/** Forgets groups in which nobody is dead any more, and has not died for long. */
export function forgetGroups(e: Engine, budget: number): number {
  const old = e.statement('failureGone').all(e.time.now() - defaults.keep.failures.ageMs, budget) as {
    id: number
  }[]
  for (const { id } of old) {
    e.statement('failureHourDrop').run(id, Number.MAX_SAFE_INTEGER)
    e.statement('failureDrop').run(id)
  }
  return old.length
}

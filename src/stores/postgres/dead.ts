import { type FailureGroup, trendOf } from '../../job/dead.ts'
import type { FailureWhere, Mark } from '../../store/dead.ts'
import type { Engine } from './engine.ts'
import { given } from './row.ts'

const statuses = ['open', 'ignored', 'resolved'] as const satisfies readonly FailureGroup['status'][]

/** The columns of failures-v1.sql. */
type GroupRow = readonly [
  task: string,
  queue: string,
  fingerprint: string,
  name: string,
  message: string,
  count: number,
  total: number,
  firstSeenAt: number,
  lastSeenAt: number,
  status: number,
  regressedAt: number | null,
  sample: string | null,
  hours: readonly (readonly [hour: number, n: number])[] | null,
]

export async function failuresList(e: Engine, where: FailureWhere): Promise<readonly FailureGroup[]> {
  const { now, groups } = await e.call<{ now: number; groups: readonly GroupRow[] }>('failures_v1', where)
  return groups.map((row) => {
    const [task, queue, fingerprint, name, message, count, total, firstSeenAt, lastSeenAt, status] = row
    return {
      ...{ task, queue, fingerprint, name, message, count, total, firstSeenAt, lastSeenAt },
      trend: trendOf(new Map(row[12]), now),
      status: statuses[status] ?? 'open',
      ...given('regressedAt', row[10]),
      ...given('sampleJobId', row[11]),
    }
  })
}

export async function failuresMark(e: Engine, marks: readonly Mark[]): Promise<readonly number[]> {
  if (marks.length === 0) return []
  const rows = marks.map(({ status, ...mark }) => ({
    ...mark,
    status: statuses.indexOf(status),
    said: status,
  }))
  return e.call('failures_mark_v1', { marks: rows })
}

import {
  type Death,
  type DeadFilter,
  type FailureGroup,
  type FailureStatus,
  groupOf,
  hourOf,
  trendOf,
} from '../../job/dead.ts'
import { defaults } from '../../job/defaults.ts'
import type { Bulk } from '../../job/bulk.ts'
import type { Instant, Revision } from '../../job/job.ts'
import type { FailureWhere, Mark } from '../../store/index.ts'
import type { Row, Tables } from './tables.ts'

/** Dead jobs that look alike, counted as they die. */
interface Group extends Pick<FailureGroup, 'task' | 'queue' | 'fingerprint'> {
  name: string
  message: string
  count: number
  total: number
  readonly firstSeenAt: Instant
  lastSeenAt: Instant
  status: FailureStatus
  regressedAt?: Instant | undefined
  readonly hours: Map<number, number>
}

/** One dead job, by the number of its death. */
interface Grave {
  readonly row: Row
  readonly group: Group
  readonly at: Instant
}

export interface Dead {
  readonly groups: Map<string, Group>
  /** In the order in which they died. */
  readonly graves: Map<Death, Grave>
  last: Death
  readonly bulks: Map<string, Bulk>
}
export const newDead = (): Dead => ({ groups: new Map(), graves: new Map(), last: 0, bulks: new Map() })

/** What a payload was before each edit. */
export type Revisions = readonly Revision[]

/** Counts a job that has just died; `ranTo` tells whether a run of its own ended it. */
export function died(s: Tables, row: Row, wasRunning: boolean): void {
  const attempt = wasRunning ? row.attempts.at(-1) : undefined
  const { fingerprint, name, message } = groupOf(
    row.reason,
    attempt?.outcome === 'bury' ? attempt.error : undefined,
  )
  const { task, queue } = row.job
  const now = s.clock.now()
  const key = JSON.stringify([task, queue, fingerprint])
  const group: Group = s.dead.groups.get(key) ?? {
    ...{ task, queue, fingerprint, name, message, count: 0, total: 0, status: 'open' },
    ...{ firstSeenAt: now, lastSeenAt: now, hours: new Map() },
  }
  s.dead.groups.set(key, group)
  Object.assign(group, { name, message, count: group.count + 1, total: group.total + 1, lastSeenAt: now })
  group.hours.set(hourOf(now), (group.hours.get(hourOf(now)) ?? 0) + 1)
  if (group.status === 'resolved') Object.assign(group, { status: 'open', regressedAt: now })
  s.dead.graves.set(++s.dead.last, { row, group, at: now })
}

/** Forgets the death of a job that comes back, or is removed. */
export function risen(s: Tables, row: Row): void {
  for (const [death, grave] of s.dead.graves) {
    if (grave.row !== row) continue
    grave.group.count -= 1
    s.dead.graves.delete(death)
  }
}

export function listFailures(s: Tables, where: FailureWhere): FailureGroup[] {
  const groups = [...s.dead.groups.values()].filter((group) => fits(group, where))
  groups.sort((a, b) => b.count - a.count || b.lastSeenAt - a.lastSeenAt || order(a, b))
  return groups.slice(0, 1_000).map(({ hours, regressedAt, ...group }) => {
    const sample = [...s.dead.graves.values()].findLast((grave) => sameGroup(grave.group, group))
    return {
      ...group,
      trend: trendOf(hours, s.clock.now()),
      ...(regressedAt !== undefined && { regressedAt }),
      ...(sample && { sampleJobId: sample.row.job.id }),
    }
  })
}

type Key = Pick<FailureGroup, 'task' | 'queue' | 'fingerprint'>
const text = ({ task, queue, fingerprint }: Key) => JSON.stringify([task, queue, fingerprint])
const sameGroup = (a: Key, b: Key) => text(a) === text(b)
const order = (a: Key, b: Key) => (text(a) < text(b) ? -1 : 1)

function fits(group: Group, { task, queue, fingerprint, since }: FailureWhere): boolean {
  return (
    (task === undefined || group.task === task) &&
    (queue === undefined || group.queue === queue) &&
    (fingerprint === undefined || group.fingerprint === fingerprint) &&
    (since === undefined || group.lastSeenAt >= since)
  )
}

export function markFailures(s: Tables, marks: readonly Mark[]): number[] {
  return marks.map(({ status, by, ...where }) => {
    const groups = [...s.dead.groups.values()].filter((group) => fits(group, where))
    for (const group of groups) Object.assign(group, { status, regressedAt: undefined })
    if (groups.length > 0)
      s.audit.push({ at: s.clock.now(), by, verb: `mark ${status}`, target: where.fingerprint })
    return groups.length
  })
}

/** Forgets groups in which nobody is dead any more, and has not died for long. */
export function forgetGroups(s: Tables, budget: number): number {
  const before = s.clock.now() - defaults.keep.failures.ageMs
  const old = [...s.dead.groups].filter(([, { count, lastSeenAt }]) => count === 0 && lastSeenAt <= before)
  for (const [key] of old.slice(0, budget)) s.dead.groups.delete(key)
  return Math.min(old.length, budget)
}

export function matches({ row, group, at }: Grave, filter: DeadFilter): boolean {
  const { reason, error, tag, since, until, ids, ...rest } = filter
  return (
    fits(group, rest) &&
    (reason === undefined || row.reason === reason) &&
    (error === undefined || (row.error?.message.includes(error) ?? false)) &&
    (tag === undefined || row.job.tags.includes(tag)) &&
    (since === undefined || at >= since) &&
    (until === undefined || at < until) &&
    (ids === undefined || ids.includes(row.job.id))
  )
}

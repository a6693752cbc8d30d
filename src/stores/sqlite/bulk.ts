import {
  afterStep,
  type Bulk,
  type BulkPlan,
  type BulkStep,
  driveMs,
  isDriven,
  isOpen,
  overAt,
  refusal,
  resumed,
  seenAt,
  stopped,
} from '../../job/bulk.ts'
import type { DeadFilter } from '../../job/dead.ts'
import type { BulkSetting, BulkStepped, DeadAsk, DeadPage } from '../../store/dead.ts'
import { removeDead, reviveDead } from './act.ts'
import { groupsOf } from './dead.ts'
import { type Engine } from './engine.ts'

/** Rows that one call looks at: narrow ones, and those for which other tables must be asked. */
const lookAt = { narrow: 20_000, wide: 2_000 }

/** The next dead jobs that a filter lets through. */
export function bulkPage(e: Engine, { filter, after, upTo = lastDeath(e), limit }: DeadAsk): DeadPage {
  const { task, queue, fingerprint, ids } = filter
  const isGrouped = task !== undefined || queue !== undefined || fingerprint !== undefined
  const groups = isGrouped ? groupsOf(e, groupKeys(filter)).map(({ id }) => id) : null
  const last = Math.max(after, upTo)
  if (groups?.length === 0 || ids?.length === 0) return { jobs: [], to: last, isEnd: true }
  const to = ids ? upTo : floorOf(e, { after, upTo, isWide: isWide(filter) })
  const values = [
    ...[after, to, limit + 1, groups && JSON.stringify(groups)],
    ...[filter.since ?? null, filter.until ?? null, filter.reason ?? null],
    ...[filter.tag ?? null, filter.error ?? null],
  ]
  const rows = (
    ids
      ? e.statement('deadPageIds').all(...values, JSON.stringify([...new Set(ids)]))
      : e.statement('deadPage').all(...values)
  ) as { death: number; id: string }[]
  const jobs = rows.slice(0, limit).map(({ id, death }) => ({ id, death }))
  if (rows.length > limit) return { jobs, to: jobs.at(-1)?.death ?? after, isEnd: false }
  return { jobs, to: Math.max(after, to), isEnd: to >= upTo }
}

const isWide = ({ reason, tag, error }: DeadFilter) =>
  reason !== undefined || tag !== undefined || error !== undefined

const groupKeys = ({ task, queue, fingerprint }: DeadFilter) => ({
  ...(task !== undefined && { task }),
  ...(queue !== undefined && { queue }),
  ...(fingerprint !== undefined && { fingerprint }),
})

/** The last death that one look sees. */
function floorOf(
  e: Engine,
  { after, upTo, isWide: wide }: { after: number; upTo: number; isWide: boolean },
): number {
  const rows = wide ? lookAt.wide : lookAt.narrow
  const stop = e.statement('deadFloor').get(after, upTo, rows) as { death: number } | undefined
  return stop ? stop.death - 1 : upTo
}

const lastDeath = (e: Engine): number => (e.statement('deadLast').get() as { death: number }).death

export function bulkStart(e: Engine, plan: BulkPlan): Bulk {
  const known = read(e, plan.id)
  const now = e.time.now()
  if (known) return seenAt(known, now)
  const { task: _t, queue: _q, fingerprint: _f, ids, ...more } = plan.filter
  const dead = groupsOf(e, groupKeys(plan.filter)).reduce((sum, group) => sum + group.dead, 0)
  const bulk: Bulk = {
    ...plan,
    state: 'running',
    total: Math.min(dead, ids?.length ?? dead, plan.limit ?? dead),
    isEstimate: ids !== undefined || Object.values(more).some((value) => value !== undefined),
    ...{ done: 0, skipped: 0, failed: 0, cursor: 0, upTo: lastDeath(e), canaries: [] },
    ...{ nextAt: now, drivenUntil: now + driveMs, startedAt: now },
  }
  write(e, bulk)
  e.statement('auditAdd').run(now, plan.by, plan.kind, plan.id, null)
  return bulk
}

export function bulkList(e: Engine, ids?: readonly string[]): Bulk[] {
  const now = e.time.now()
  const all = ids
    ? ids.map((id) => read(e, id)).filter((bulk) => bulk !== undefined)
    : (e.statement('bulkList').all(100) as Row[]).map(toBulk)
  return all.map((bulk) => seenAt(bulk, now))
}

export function bulkStep(e: Engine, step: BulkStep): BulkStepped {
  const bulk = read(e, step.id)
  if (!bulk) return { outcome: 'gone' }
  const now = e.time.now()
  const refused = refusal(bulk, step, now)
  if (refused) return { outcome: refused, bulk: seenAt(bulk, now) }
  const still = e.statement('deadStill').all(JSON.stringify(step.jobs.map(({ death }) => death))) as {
    death: number
  }[]
  const standing = new Set(still.map(({ death }) => death))
  const jobs = step.jobs.filter(({ death }) => standing.has(death))
  const done = bulk.kind === 'redrive' ? reviveDead(e, jobs, bulk) : removeDead(e, jobs)
  const next = afterStep(bulk, step, done, now)
  write(e, next)
  return { outcome: 'applied', bulk: next }
}

export function bulkSet(e: Engine, { id, to, by, note, driver }: BulkSetting): Bulk | undefined {
  const bulk = read(e, id)
  if (!bulk || bulk.state === 'done') return bulk
  const now = e.time.now()
  const next =
    to === 'stopped' ? stopped(bulk, note ?? `by ${by}`, now) : resumed(bulk, driver ?? bulk.driver, now)
  write(e, next)
  e.statement('auditAdd').run(now, by, to === 'stopped' ? 'stop' : 'resume', id, null)
  return next
}

/** Open operations that any process may drive, and none does. */
export function undriven(e: Engine): string[] {
  const now = e.time.now()
  const open = (e.statement('bulkOpen').all() as Row[]).map(toBulk)
  return open.filter((bulk) => bulk.needsCode !== true && !isDriven(bulk, now)).map(({ id }) => id)
}

interface Row {
  readonly record: string
}

// A record is what `write` wrote.
const toBulk = ({ record }: Row): Bulk => JSON.parse(record) as Bulk

function read(e: Engine, id: string): Bulk | undefined {
  const row = e.statement('bulkGet').get(id) as Row | undefined
  return row && toBulk(row)
}

function write(e: Engine, bulk: Bulk): void {
  const { id, state, startedAt } = bulk
  const over = overAt(bulk) ?? null
  e.statement('bulkWrite').run(id, isOpen(state) ? 1 : 0, startedAt, JSON.stringify(bulk), over)
}

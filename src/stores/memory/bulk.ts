import {
  afterStep,
  type Bulk,
  type BulkPlan,
  type BulkStep,
  driveMs,
  isDriven,
  isOpen,
  refusal,
  resumed,
  seenAt,
  stopped,
} from '../../job/bulk.ts'
import type { BulkSetting, BulkStepped, DeadAsk, DeadPage } from '../../store/index.ts'
import { remove, revive } from './act.ts'
import { listFailures, matches } from './dead.ts'
import { rewrite } from './edit.ts'
import { twinOf } from './keys.ts'
import type { Tables } from './tables.ts'

/** The next dead jobs that a filter lets through. */
export function page(s: Tables, { filter, after, upTo = s.dead.last, limit }: DeadAsk): DeadPage {
  const next = [...s.dead.graves].filter(
    ([death, grave]) => death > after && death <= upTo && matches(grave, filter),
  )
  const jobs = next.slice(0, limit).map(([death, { row }]) => ({ id: row.job.id, death }))
  const isEnd = next.length <= limit
  return { jobs, to: isEnd ? Math.max(after, upTo) : (jobs.at(-1)?.death ?? after), isEnd }
}

export function start(s: Tables, plan: BulkPlan): Bulk {
  const known = s.dead.bulks.get(plan.id)
  if (known) return seenAt(known, s.clock.now())
  const { task, queue, fingerprint, ids, ...more } = plan.filter
  const groups = listFailures(s, {
    ...(task !== undefined && { task }),
    ...(queue !== undefined && { queue }),
    ...(fingerprint !== undefined && { fingerprint }),
  })
  const dead = groups.reduce((sum, { count }) => sum + count, 0)
  const now = s.clock.now()
  const bulk: Bulk = {
    ...plan,
    state: 'running',
    total: Math.min(dead, ids?.length ?? dead, plan.limit ?? dead),
    isEstimate: ids !== undefined || Object.values(more).some((value) => value !== undefined),
    ...{ done: 0, skipped: 0, failed: 0, cursor: 0, upTo: s.dead.last, canaries: [] },
    ...{ nextAt: now, drivenUntil: now + driveMs, startedAt: now },
  }
  s.dead.bulks.set(plan.id, bulk)
  s.audit.push({ at: now, by: plan.by, verb: plan.kind, target: plan.id })
  return bulk
}

export function listBulk(s: Tables, ids?: readonly string[]): Bulk[] {
  const all = ids ? ids.map((id) => s.dead.bulks.get(id)) : [...s.dead.bulks.values()].reverse().slice(0, 100)
  return all.filter((bulk) => bulk !== undefined).map((bulk) => seenAt(bulk, s.clock.now()))
}

export function step(s: Tables, one: BulkStep): BulkStepped {
  const bulk = s.dead.bulks.get(one.id)
  if (!bulk) return { outcome: 'gone' }
  const now = s.clock.now()
  const refused = refusal(bulk, one, now)
  if (refused) return { outcome: refused, bulk: seenAt(bulk, now) }
  const reason = `${bulk.kind} ${bulk.id}`
  const done = one.jobs.filter(({ id, death, payload, version, key }) => {
    const row = s.rows.get(id)
    if (!row || s.dead.graves.get(death)?.row !== row) return false
    if (bulk.kind === 'purge') {
      remove(s, row)
      return true
    }
    // Whoever holds its unique key now comes first.
    if (twinOf(s, row, key)) return false
    if (payload !== undefined)
      rewrite(s, row, {
        ...{ payload, version: version ?? row.job.version, by: bulk.by, reason },
        ...(key && { key }),
      })
    return revive(s, row, bulk.to) === 'done'
  })
  const next = afterStep(
    bulk,
    one,
    done.map(({ id }) => id),
    now,
  )
  s.dead.bulks.set(bulk.id, next)
  return { outcome: 'applied', bulk: next }
}

export function setBulk(s: Tables, { id, to, by, note, driver }: BulkSetting): Bulk | undefined {
  const bulk = s.dead.bulks.get(id)
  if (!bulk) return undefined
  const now = s.clock.now()
  if (bulk.state === 'done') return bulk
  const next =
    to === 'stopped' ? stopped(bulk, note ?? `by ${by}`, now) : resumed(bulk, driver ?? bulk.driver, now)
  s.dead.bulks.set(id, next)
  s.audit.push({ at: now, by, verb: to === 'stopped' ? 'stop' : 'resume', target: id })
  return next
}

/** Open operations that any process may drive, and none does. */
export function undriven(s: Tables): string[] {
  const now = s.clock.now()
  const free = [...s.dead.bulks.values()].filter(
    (bulk) => isOpen(bulk.state) && bulk.needsCode !== true && !isDriven(bulk, now),
  )
  return free.map(({ id }) => id)
}

import {
  afterStep,
  type Bulk,
  type BulkPlan,
  type BulkStep,
  driveMs,
  isOpen,
  overAt,
  refusal,
  resumed,
  seenAt,
  stopped,
} from '../../job/bulk.ts'
import type { DeadFilter } from '../../job/dead.ts'
import type { BulkSetting, BulkStepped, DeadAsk, DeadPage } from '../../store/dead.ts'
import type { Call, Engine } from './engine.ts'

/** Rows that one call looks at: narrow ones, and those for which other tables must be asked. */
const lookAt = { narrow: 20_000, wide: 2_000 }

/** The next dead jobs that a filter lets through. */
export async function page(e: Engine, { filter, after, upTo, limit }: DeadAsk): Promise<DeadPage> {
  const { ids, ...rest } = filter
  const isWide = filter.reason !== undefined || filter.tag !== undefined || filter.error !== undefined
  const { rows, to, last } = await e.call<{
    readonly rows: readonly (readonly [death: number, id: string])[]
    readonly to: number
    readonly last: number
  }>('dead_page_v1', {
    ...{ ...rest, after, upTo, limit, lookAt: isWide ? lookAt.wide : lookAt.narrow },
    ...(ids && { ids: [...new Set(ids)] }),
  })
  const jobs = rows.slice(0, limit).map(([death, id]) => ({ id, death }))
  if (rows.length > limit) return { jobs, to: jobs.at(-1)?.death ?? after, isEnd: false }
  return { jobs, to: Math.max(after, to), isEnd: to >= last }
}

const groupKeys = ({ task, queue, fingerprint }: DeadFilter) => ({ task, queue, fingerprint })

export async function start(e: Engine, plan: BulkPlan): Promise<Bulk> {
  return e.atomically(async (call) => {
    const { task: _t, queue: _q, fingerprint: _f, ids, ...more } = plan.filter
    const { now, last, dead } = await call<{ now: number; last: number; dead: number }>(
      'groups_v1',
      groupKeys(plan.filter),
    )
    const bulk: Bulk = {
      ...plan,
      state: 'running',
      total: Math.min(dead, ids?.length ?? dead, plan.limit ?? dead),
      isEstimate: ids !== undefined || Object.values(more).some((value) => value !== undefined),
      ...{ done: 0, skipped: 0, failed: 0, cursor: 0, upTo: last, canaries: [] },
      ...{ nextAt: now, drivenUntil: now + driveMs, startedAt: now },
    }
    if (!(await write(call, bulk, true))) {
      const known = await read(call, plan.id, false)
      return known.bulk ? seenAt(known.bulk, now) : bulk
    }
    await call('audit_v1', { at: now, by: plan.by, verb: plan.kind, target: plan.id })
    return bulk
  })
}

export async function list(e: Engine, ids?: readonly string[]): Promise<readonly Bulk[]> {
  const { now, all } = await e.call<Records>('bulk_get_v1', { ...(ids && { ids }) })
  return (all ?? []).map((record) => seenAt(toBulk(record), now))
}

export async function step(e: Engine, one: BulkStep): Promise<BulkStepped> {
  return e.atomically(async (call): Promise<BulkStepped> => {
    const { bulk, now } = await read(call, one.id, true)
    if (!bulk) return { outcome: 'gone' }
    const refused = refusal(bulk, one, now)
    if (refused) return { outcome: refused, bulk: seenAt(bulk, now) }
    const { kind, to, by, id } = bulk
    const done = await call<readonly string[]>('bulk_apply_v1', {
      ...{ at: now, kind, to, by, reason: `${kind} ${id}`, jobs: one.jobs },
    })
    const next = afterStep(bulk, one, done, now)
    await write(call, next, false)
    return { outcome: 'applied', bulk: next }
  })
}

export async function set(e: Engine, setting: BulkSetting): Promise<Bulk | undefined> {
  const { id, to, by, note, driver } = setting
  return e.atomically(async (call) => {
    const { bulk, now } = await read(call, id, true)
    if (!bulk || bulk.state === 'done') return bulk
    const next =
      to === 'stopped' ? stopped(bulk, note ?? `by ${by}`, now) : resumed(bulk, driver ?? bulk.driver, now)
    await write(call, next, false)
    await call('audit_v1', { at: now, by, verb: to === 'stopped' ? 'stop' : 'resume', target: id })
    return next
  })
}

interface Records {
  readonly now: number
  readonly all: readonly string[] | null
}

// A record is what `write` wrote.
const toBulk = (record: string): Bulk => JSON.parse(record) as Bulk

async function read(
  call: Call,
  id: string,
  lock: boolean,
): Promise<{ readonly bulk: Bulk | undefined; readonly now: number }> {
  const { now, all } = await call<Records>('bulk_get_v1', { ids: [id], lock })
  const [record] = all ?? []
  return { bulk: record === undefined ? undefined : toBulk(record), now }
}

const write = (call: Call, bulk: Bulk, isNew: boolean): Promise<boolean> =>
  call('bulk_put_v1', {
    ...{ id: bulk.id, isOpen: isOpen(bulk.state), startedAt: bulk.startedAt, overAt: overAt(bulk), isNew },
    record: JSON.stringify(bulk),
  })

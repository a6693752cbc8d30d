import type { FailureGroup } from '../../job/dead.ts'
import type { Failures } from '../../store/index.ts'
import { type Kit, partsOf } from './kit.ts'
import { all } from './part.ts'

/** Groups of one task, queue and fingerprint lie in one partition, those of a spread queue in several. */
export const failuresWith = (kit: Kit): Failures => ({
  async list(where = {}) {
    const groups = await listed(kit, where)
    return groups.sort((a, b) => b.count - a.count || b.lastSeenAt - a.lastSeenAt).slice(0, 1_000)
  },
  async mark(marks) {
    const before = await Promise.all(
      marks.map(async ({ status: _status, by: _by, ...where }) => (await listed(kit, where)).length),
    )
    for (const one of marks) await all(partsOf(kit, one.queue), (store) => store.failures.mark([one]))
    return before
  },
})

async function listed(
  kit: Kit,
  where: NonNullable<Parameters<Failures['list']>[0]>,
): Promise<FailureGroup[]> {
  const merged = new Map<string, FailureGroup>()
  const told = await all(partsOf(kit, where.queue), (store) => store.failures.list(where))
  for (const group of told.flat()) {
    const key = JSON.stringify([group.task, group.queue, group.fingerprint])
    const known = merged.get(key)
    merged.set(key, known ? together(known, group) : group)
  }
  return [...merged.values()]
}

function together(a: FailureGroup, b: FailureGroup): FailureGroup {
  const [older, newer] = a.lastSeenAt <= b.lastSeenAt ? [a, b] : [b, a]
  return {
    ...older,
    ...newer,
    count: a.count + b.count,
    total: a.total + b.total,
    firstSeenAt: Math.min(a.firstSeenAt, b.firstSeenAt),
    trend: a.trend.map((n, i) => n + (b.trend[i] ?? 0)),
    ...statusOf(a, b),
  }
}

/** A partition in which it was not seen yet did not hear what a person said of it. */
function statusOf(a: FailureGroup, b: FailureGroup): Pick<FailureGroup, 'status' | 'regressedAt'> {
  if (a.status === b.status) return { status: a.status }
  if (a.status === 'ignored' || b.status === 'ignored') return { status: 'ignored' }
  const one = a.status === 'open' ? a : b
  return { status: 'open', regressedAt: one.regressedAt ?? one.firstSeenAt }
}

import { codeOf } from '../../store/codes.ts'
import {
  asksBytes,
  boundsOf,
  orderedAs,
  type Ordered,
  type RetentionOrder,
  type Rule,
  showPolicy,
  type Standing,
  surplus,
} from '../../job/retention.ts'
import { lookBacksMs, type Sample } from '../../job/growth.ts'
import type { StoreSize } from '../../store/retention.ts'
import { given } from './row.ts'
import type { Call, Engine } from './engine.ts'

interface Stands {
  readonly now: number
  readonly standing: string | null
}

// The row holds what `setRetention` wrote.
const parse = (text: string | null): Kept | undefined =>
  text === null ? undefined : (JSON.parse(text) as Kept)
/** As stored: whether bytes matter is asked at every settle, so it stands beside the policy. */
type Kept = Standing & { readonly asksBytes?: boolean }

/** The policy that stands. */
export async function retentionGet(e: Engine): Promise<Standing | undefined> {
  const kept = parse((await e.call<Stands>('retention_get_v1', {})).standing)
  if (!kept) return undefined
  const { asksBytes: _asks, ...standing } = kept
  return standing
}

/** Puts a policy in the place of the one before, and begins to look at what is there already; upkeep goes on with it. */
export const setRetention = (e: Engine, order: RetentionOrder): Promise<Ordered> =>
  e.atomically(async (call) => {
    const { now, standing } = await call<Stands>('retention_get_v1', { lock: true })
    const ordered = orderedAs(parse(standing), order)
    if (ordered !== 'set') return ordered
    const { to, by, deployedAt } = order
    const bytes = to !== null && asksBytes(to)
    const next = to && {
      ...{ policy: to, by, at: now, asksBytes: bytes },
      ...(deployedAt !== undefined && { deployedAt }),
    }
    await call('retention_put_v1', {
      ...{ at: now, by, bytes, verb: to ? 'retain' : 'unretain', said: to && showPolicy(to) },
      standing: next && JSON.stringify(next),
    })
    return ordered
  })

/** Removes the oldest of those that are too many or too large; answers how many. */
export async function trim(e: Engine, standing: string | null, budget: number): Promise<number> {
  const policy = parse(standing)?.policy
  let removed = 0
  for (const rule of policy ? boundsOf(policy) : []) {
    if (removed >= budget) break
    const most = budget - removed
    // Two who trim at once would each remove what is too much.
    removed += await e.atomically(async (call) => {
      await call<Stands>('retention_get_v1', { lock: true })
      return trimOne(call, rule, most)
    })
  }
  return removed
}

async function trimOne(call: Call, { queue, state, limit }: Rule, budget: number): Promise<number> {
  const kept = await call<{
    readonly count: number
    readonly bytes: number
    readonly oldest?: readonly (readonly [seq: number, bytes: number])[] | null
  }>('retention_kept_v1', { state: codeOf[state], queue, budget })
  const oldest = kept.oldest ?? []
  const weights = oldest.map(([, bytes]) => bytes)
  const seqs = oldest.slice(0, surplus(limit, kept, weights)).map(([seq]) => seq)
  return seqs.length === 0 ? 0 : call<number>('drop_v1', { seqs })
}

type SampleRow = Omit<Sample, 'at'> & { readonly at_ms: number }
const toSample = ({ at_ms: at, ...row }: SampleRow): Sample => ({ at, ...row })

export async function size(e: Engine): Promise<StoreSize> {
  const { now, before, next } = await e.call<{
    readonly now: SampleRow
    readonly before: readonly (SampleRow | null)[]
    readonly next: number | null
  }>('size_v1', { looks: lookBacksMs })
  return {
    now: toSample(now),
    before: before.map((row) => (row === null ? undefined : toSample(row))),
    ...given('nextRemovalAt', next),
  }
}

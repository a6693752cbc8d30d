import type { Change, Changes, Since } from '../../store/index.ts'
import type { Kit } from './kit.ts'
import { baseOf } from './member.ts'
import type { Part } from './part.ts'

/** Where each partition was read to, and which one comes first next time, for not all have their turn where the limit is small. */
interface Place {
  readonly at: readonly string[]
  readonly turn: number
}

/** What happened in all partitions. Where the limit is too small for all, they share it. */
export async function changes(kit: Kit, { after, limit, running = 0 }: Since): Promise<Changes> {
  const place = after === undefined ? undefined : (JSON.parse(after) as Place)
  const { length } = kit.parts
  const turn = place?.turn ?? 0
  const read = (part: Part, most: number) => {
    const from = place?.at[part.index]
    const since = { limit: most, running, ...(from !== undefined && { after: from }) }
    return part.call((store) => store.changes(since))
  }
  const told = await Promise.all(kit.parts.map((part) => read(part, limit)))
  const shares = sharesOf(told.map(sizeOf), limit, turn)
  // What is not told now is read again the next time.
  const late = new Set(
    place ? shares.flatMap((share, i) => (share === 0 && sizeOf(told[i]) > 0 ? [i] : [])) : [],
  )
  for (const [i, share] of shares.entries())
    if (share > 0 && share < sizeOf(told[i])) told[i] = await read(kit.parts[i] as Part, share)
  const at = told.map(({ cursor }, i) => (late.has(i) ? (place?.at[i] ?? cursor) : cursor))
  const pages = await Promise.all(told.map((page, i) => (late.has(i) ? [] : onceEach(kit, page.items, i))))
  const items = pages.flat().map(shownChange)
  const runs = told.flatMap((page) => page.running).sort((a, b) => a.startedAt - b.startedAt)
  const sum = (pick: (page: Changes) => number) => told.reduce((n, page) => n + pick(page), 0)
  return {
    items: items.sort((a, b) => a.at - b.at),
    running: runs.slice(0, running).map((one) => ({ ...one, worker: baseOf(one.worker) })),
    cursor: JSON.stringify({ at, turn: (turn + 1) % length } satisfies Place),
    totals: { enqueued: sum((page) => page.totals.enqueued), ended: sum((page) => page.totals.ended) },
    more: late.size > 0 || told.some(({ more }) => more),
  }
}

/** How many changes of one kind a page has at most. */
function sizeOf(page: Changes | undefined): number {
  const kinds = new Map<string, number>()
  for (const { kind } of page?.items ?? []) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  return Math.max(0, ...kinds.values())
}

/** Of a limit, so much for each that it is used up and nobody has more than it can use; it begins with another one each time. */
function sharesOf(wanted: readonly number[], limit: number, turn: number): readonly number[] {
  const shares = wanted.map(() => 0)
  for (let left = limit; left > 0; ) {
    const open = wanted.flatMap((n, i) => ((shares[i] ?? 0) < n ? [i] : []))
    if (open.length === 0) break
    const each = Math.max(1, Math.floor(left / open.length))
    for (const i of open.map((_, n) => open[(n + turn) % open.length] as number)) {
      const more = Math.min(each, left, (wanted[i] ?? 0) - (shares[i] ?? 0))
      shares[i] = (shares[i] ?? 0) + more
      left -= more
    }
  }
  return shares
}

/** What was said once of a spread queue, of the store, or of an operation that has a piece in each partition, stands in each. */
async function onceEach(kit: Kit, items: readonly Change[], index: number): Promise<readonly Change[]> {
  const isTold = await Promise.all(items.map((one) => one.kind !== 'acted' || tells(kit, one, index)))
  return items.filter((_, i) => isTold[i])
}

async function tells(
  { parts, places }: Kit,
  { verb, target }: Extract<Change, { kind: 'acted' }>,
  index: number,
): Promise<boolean> {
  if (verb === 'retain' || verb === 'unretain') return index === 0
  if (queueVerbs.has(verb) && places.isSpread(target)) return index === places.homeOf(target)
  const one = places.ofId(target)
  if (!bulkVerbs.has(verb) || index === one) return true
  // Where that partition has a piece of it, so has every other one, and that one tells.
  const found = await parts[one]?.call((store) => store.bulk.list([target]))
  return found?.length === 0
}
const queueVerbs = new Set(['pause', 'resume', 'limit', 'unlimit'])
const bulkVerbs = new Set(['redrive', 'purge', 'stop', 'resume'])

const shownChange = (change: Change): Change =>
  change.kind === 'ended'
    ? { ...change, attempt: { ...change.attempt, worker: baseOf(change.attempt.worker) } }
    : change

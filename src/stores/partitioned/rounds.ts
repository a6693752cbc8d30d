import type { WorkerId } from '../../job/job.ts'
import type { Ask, Claimed } from '../../store/index.ts'
import type { Kit } from './kit.ts'
import { type Member, seatOf } from './member.ts'
import type { Part } from './part.ts'

/** What one part answered in a round. */
export interface Heard {
  readonly part: Part
  /** The worker's name there. */
  readonly name: WorkerId
  /** How many jobs it was asked for. */
  readonly share: number
  readonly claimed: Claimed
}

/** The how-manieth part of how many in its round. */
export interface Place {
  readonly n: number
  readonly i: number
}

export interface Rounds {
  readonly member: Member
  readonly ask: Ask
  /** Parts with something to settle: they are asked in the first round, if only for nothing. */
  readonly todo: ReadonlySet<number>
  /** One call to one part, for so many jobs. */
  one(part: Part, share: number, place: Place): Promise<Heard | undefined>
}

/** Asks all parts in a fair rotation; in further rounds, for what is left, those that had no turn and those that may have more. */
export async function inRounds(kit: Kit, { member, ask, todo, one }: Rounds): Promise<void> {
  const hosts = hostsOf(kit, member, ask, todo)
  member.turn += 1
  let open = hosts.map((_, i) => hosts[(member.turn + i) % hosts.length] as Part)
  let left = ask.limit
  for (let isFirst = true; open.length > 0 || (isFirst && todo.size > 0); isFirst = false) {
    const asked = left === 0 ? open : open.slice(0, ask.alone ? 1 : left)
    const rest = isFirst ? kit.parts.filter((part) => todo.has(part.index) && !asked.includes(part)) : []
    const rich = asked.map(({ index }) => seatOf(member, index).isRich)
    const shares = sharesOf(left, rich)
    const heard = await Promise.all([
      ...asked.map((part, i) => one(part, shares[i] ?? 0, { n: asked.length, i })),
      ...rest.map((part) => one(part, 0, { n: 1, i: 0 })),
    ])
    const full = ask.alone ? [] : heard.flatMap((answer) => (answer && isFull(answer) ? [answer.part] : []))
    for (const answer of heard) left -= answer?.claimed.jobs.length ?? 0
    open = [...open.slice(asked.length), ...full]
    if (left <= 0 || (ask.alone && left < ask.limit)) return
  }
}

const isFull = ({ share, claimed }: Heard): boolean => share > 0 && claimed.jobs.length >= share

/** Equal ones, as far as nobody is known to be rich; else those of the rich are larger. Each is asked for one job at least. */
function sharesOf(all: number, rich: readonly boolean[]): readonly number[] {
  const n = rich.length
  const richest = rich.filter(Boolean).length
  const poor = Math.max(1, Math.floor(all / (4 * n)))
  const left = all - poor * (n - richest)
  if (richest === 0 || richest === n || left < richest) return rich.map((_, i) => shareOf(all, { n, i }))
  let i = 0
  return rich.map((isRich) => (isRich ? shareOf(left, { n: richest, i: i++ }) : poor))
}

const shareOf = (all: number, { n, i }: Place): number => Math.floor(all / n) + (i < all % n ? 1 : 0)

/** The parts that are asked: those that may have jobs of its queues, or else those whose jobs may be asked to stop. */
function hostsOf(
  { parts, places }: Kit,
  member: Member,
  { limit, queues }: Ask,
  todo: ReadonlySet<number>,
): readonly Part[] {
  const indexes = new Set(places.hosts(queues.map(({ name }) => name)))
  if (queues.length === 0) for (const { part } of member.held.values()) indexes.add(part)
  if (limit === 0) for (const index of todo) indexes.add(index)
  if (indexes.size === 0) for (const index of places.hosts(member.about?.queues ?? [])) indexes.add(index)
  const found = indexes.size > 0 ? parts.filter(({ index }) => indexes.has(index)) : parts
  return found.filter((part) => !part.isAway() && !seatOf(member, part.index).isBusy)
}

/** A queue has its limit in its home; that of a spread one is shared. `got` is what it gave already. */
export function queuesFor(
  { places }: Kit,
  part: Part,
  { queues, got, place }: Shared,
): readonly { readonly name: string; readonly limit: number }[] {
  return queues.flatMap(({ name, limit: whole }) => {
    const limit = whole - (got.get(name) ?? 0)
    if (places.isSpread(name)) return [{ name, limit: shareOf(limit, place) }]
    return places.homeOf(name) === part.index ? [{ name, limit }] : []
  })
}

interface Shared {
  readonly queues: Ask['queues']
  readonly got: ReadonlyMap<string, number>
  readonly place: Place
}

import { within } from '../../job/clock.ts'
import { StoreError } from '../../job/errors.ts'
import type { Settled, Settlement } from '../../job/job.ts'
import type { Ask, CancelRequest, Claimed, Joining, Note } from '../../store/index.ts'
import { realClock } from '../../world.ts'
import { groups, type Kit } from './kit.ts'
import type { Member, Members, Seat } from './members.ts'
import { failureOf, isAwayError, type Part } from './part.ts'

/** How long a claim waits for a part that says nothing, while the others have answered. */
const waitMs = 1_000

type Told = readonly (Settled | undefined)[]

/** What one part answered in a round. */
interface Heard {
  readonly part: Part
  /** How many jobs it was asked for. */
  readonly share: number
  readonly claimed: Claimed
}

/**
 * Settles in the partitions that have the jobs, and asks those that may have more: in a fair rotation, each for an equal share,
 * and those that gave all of theirs again for what is left. A part that does not answer holds nobody up.
 */
export function claimingWith(kit: Kit, members: Members) {
  async function exchange(settlements: readonly Settlement[], ask: Ask) {
    const member = members.of(ask.worker)
    acknowledge(member, ask)
    const places = await placesOf(kit, member, settlements)
    const settled: (Settled | undefined)[] = settlements.map(() => undefined)
    const mine = groups(places)
    for (const i of mine.get(-1) ?? []) settled[i] = 'gone'
    mine.get(-1)?.forEach((i) => member.held.delete((settlements[i] as Settlement).id))
    const heard: Heard[] = []
    const got = new Map<string, number>()
    const errors: unknown[] = []
    const todo = new Set([...mine.keys()].filter((index) => index >= 0))
    const one = async (part: Part, share: number, of: { readonly n: number; readonly i: number }) => {
      const indexes = todo.delete(part.index) ? (mine.get(part.index) ?? []) : []
      const batch = indexes.map((i) => settlements[i] as Settlement)
      const queues = ask.queues.map(({ name, limit }) => ({ name, limit: limit - (got.get(name) ?? 0) }))
      const asked = { ...ask, limit: share, queues: queuesFor(kit, part, queues, of) }
      const answer = await askPart(member, part, { batch, ask: asked }).catch((error: unknown) => {
        errors.push(error)
        return undefined
      })
      if (!answer) return undefined
      answer.settled.forEach((told, n) => {
        settled[indexes[n] as number] = told
        if (told !== undefined) member.held.delete((batch[n] as Settlement).id)
      })
      const found = { part, share, claimed: answer.claimed }
      heard.push(found)
      for (const { queue } of answer.claimed.jobs) got.set(queue, (got.get(queue) ?? 0) + 1)
      return found
    }
    await inRounds(kit, { member, ask, todo, one })
    const broken = errors.find((error) => !isAwayError(error))
    if (broken !== undefined) throw broken
    if (heard.length === 0) throw nobody(kit, errors)
    const claimed = await together(member, heard)
    return { settled, claimed }
  }

  async function together(member: Member, heard: readonly Heard[]): Promise<Claimed> {
    const now = Math.max(kit.clock.now(), ...heard.map(({ claimed }) => claimed.now))
    const missing = heard.filter(({ claimed }) => claimed.lease === 'lost').map(({ part }) => part)
    const seldom = missing.length > 0 && (await members.missed(member, [...new Set(missing)])) === 'lost'
    if (seldom) return { lease: 'lost', jobs: [], cancels: [], now }
    const due = Math.min(
      ...kit.parts.map((part) => (part.isAway() ? undefined : member.seats[part.index]?.dueAt) ?? Infinity),
    )
    const cancels = new Map<string, CancelRequest>()
    for (const one of heard.flatMap(({ claimed }) => claimed.cancels)) cancels.set(one.id, one)
    return {
      lease: 'held',
      jobs: heard.flatMap(({ claimed }) => claimed.jobs),
      cancels: [...cancels.values()],
      now: heard.length > 0 ? Math.max(...heard.map(({ claimed }) => claimed.now)) : now,
      ...(due < Infinity && { nextDueAt: due }),
      ...(heard.some(({ claimed }) => claimed.suspects) && { suspects: true as const }),
      ...members.lostOf(member),
    }
  }

  /** One call to one part, which may take longer than anybody waits. */
  async function askPart(
    member: Member,
    part: Part,
    { batch, ask }: { readonly batch: readonly Settlement[]; readonly ask: Ask },
  ): Promise<{ readonly settled: Told; readonly claimed: Claimed }> {
    const seat = member.seats[part.index] as Seat
    if (seat.isBusy) throw new StoreError('LW1032', `partition ${part.index + 1} has not answered yet.`)
    const { name } = seat
    const counted = countedFor(seat, ask)
    const call = part.call(async (store) => {
      const asked = { ...ask, ...counted, worker: name }
      const [now, then] = [batch.filter((one) => nameFor(member, one) === name), [] as Settled[]]
      if (now.length < batch.length) then.push(...(await settleEach(store, member, batch)))
      if (then.length > 0) return { settled: then, claimed: await store.claim(asked) }
      if (now.length > 0) return store.exchange(now, asked)
      return { settled: [], claimed: await store.claim(asked) }
    })
    seat.isBusy = true
    const late = () => new StoreError('LW1032', `partition ${part.index + 1} has not answered for ${waitMs} ms.`)
    let isLate = false
    call
      .catch(() => {})
      .finally(() => {
        seat.isBusy = false
        if (isLate) part.store.ring()
      })
    try {
      const answer = await within(realClock, waitMs, { call, late })
      if (seat.name === name) seat.last = { outer: ask.call, own: counted.call }
      note(member, part, answer.claimed, ask.limit)
      return answer
    } catch (error) {
      isLate = true
      throw error
    }
  }

  function note(member: Member, part: Part, { jobs, nextDueAt }: Claimed, share: number): void {
    const seat = member.seats[part.index] as Seat
    seat.dueAt = nextDueAt
    if (share > 0) seat.isRich = jobs.length >= share
    for (const { id, fence } of jobs) {
      kit.ids.note(id, part.index)
      member.held.set(id, { part: part.index, fence, name: seat.name })
    }
  }

  return {
    exchange,
    claim: async (ask: Ask) => (await exchange([], ask)).claimed,
    settle: (worker: string, settlements: readonly Settlement[], how?: Joining) =>
      fenced(kit, members.of(worker), settlements, (store, name, some) => store.settle(name, some, how)),
    record: (worker: string, notes: readonly Note[], how?: Joining) =>
      fenced(kit, members.of(worker), notes, (store, name, some) => store.record(name, some, how)),
  }
}

type Store = Part['store']

/** Of jobs that were claimed under other names of the worker, by those names: they are no longer its own, and it hears so. */
async function settleEach(store: Store, member: Member, batch: readonly Settlement[]): Promise<Settled[]> {
  const answers: Settled[] = []
  for (const [name, mine] of groups(batch.map((one) => nameFor(member, one)))) {
    const told = await store.settle(
      name,
      mine.map((i) => batch[i] as Settlement),
    )
    told.forEach((one, n) => (answers[mine[n] as number] = one))
  }
  return answers
}

const nameFor = (member: Member, { id, fence }: { readonly id: string; readonly fence: number }): string => {
  const held = member.held.get(id)
  return held?.fence === fence ? held.name : member.worker
}

/** What a worker writes about jobs that it holds, in whichever partition each is. */
async function fenced<Item extends { readonly id: string; readonly fence: number }>(
  kit: Kit,
  member: Member,
  items: readonly Item[],
  write: (store: Store, name: string, some: readonly Item[]) => Promise<readonly Settled[]>,
): Promise<readonly Settled[]> {
  for (const { id } of items) {
    const held = member.held.get(id)
    if (held) kit.ids.note(id, held.part)
  }
  const answers: Settled[] = []
  for (const [name, mine] of groups(items.map((one) => nameFor(member, one)))) {
    const told = await kit.ids.ask<Item, Settled>(
      mine.map((i) => items[i] as Item),
      {
        idOf: ({ id }) => id,
        ask: (store, some, { index }) =>
          write(store, name === member.worker ? (member.seats[index] as Seat).name : name, some),
        isMissing: (answer) => answer === 'gone',
      },
    )
    told.forEach((one, n) => (answers[mine[n] as number] = one))
  }
  return answers
}

/** The partition of each job; -1 where none has it. */
async function placesOf(
  kit: Kit,
  member: Member,
  settlements: readonly Settlement[],
): Promise<readonly number[]> {
  const places = settlements.map(({ id }) => member.held.get(id)?.part ?? kit.ids.of(id) ?? -1)
  const unknown = settlements.filter((_, i) => places[i] === -1).map(({ id }) => id)
  if (unknown.length === 0) return places
  await kit.ids.ask(unknown, {
    idOf: (id) => id,
    ask: (store, ids) => store.get(ids),
    isMissing: (job) => job === undefined,
  })
  return settlements.map(({ id }, i) => (places[i] === -1 ? (kit.ids.of(id) ?? -1) : (places[i] as number)))
}

/** `one` call to one part, asking for so many jobs; the how-manieth of how many in its round. */
interface Rounds {
  readonly member: Member
  readonly ask: Ask
  /** Parts with something to settle. */
  readonly todo: ReadonlySet<number>
  one(
    part: Part,
    share: number,
    of: { readonly n: number; readonly i: number },
  ): Promise<Heard | undefined>
}

async function inRounds(kit: Kit, { member, ask, todo, one }: Rounds): Promise<void> {
  const hosts = hostsOf(kit, member, ask, todo)
  member.turn += 1
  let open = hosts.map((_, i) => hosts[(member.turn + i) % hosts.length] as Part)
  let left = ask.limit
  for (let isFirst = true; open.length > 0 || (isFirst && todo.size > 0); isFirst = false) {
    const asked = left === 0 ? open : open.slice(0, ask.alone ? 1 : left)
    const rest = isFirst ? kit.parts.filter((part) => todo.has(part.index) && !asked.includes(part)) : []
    const shares = sharesOf(left, asked.map(({ index }) => (member.seats[index] as Seat).isRich))
    const heard = await Promise.all([
      ...asked.map((part, i) => one(part, shares[i] ?? 0, { n: asked.length, i })),
      ...rest.map((part) => one(part, 0, { n: 1, i: 0 })),
    ])
    const full = ask.alone ? [] : heard.flatMap((one) => (one && isFull(one) ? [one.part] : []))
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
  if (richest === 0 || richest === n) return rich.map((_, i) => shareOf(all, { n, i }))
  const poor = Math.max(1, Math.floor(all / (4 * n)))
  const left = all - poor * (n - richest)
  if (left < richest) return rich.map((_, i) => shareOf(all, { n, i }))
  let i = 0
  return rich.map((isRich) => (isRich ? shareOf(left, { n: richest, i: i++ }) : poor))
}

const shareOf = (all: number, { n, i }: { readonly n: number; readonly i: number }): number =>
  Math.floor(all / n) + (i < all % n ? 1 : 0)

/** The parts that are asked: those that may have jobs of its queues, or else those whose jobs may be asked to stop. */
function hostsOf(kit: Kit, member: Member, { limit, queues }: Ask, todo: ReadonlySet<number>): readonly Part[] {
  const names = queues.map(({ name }) => name)
  const indexes = new Set(names.length > 0 ? kit.places.hosts(names) : [])
  if (names.length === 0) for (const { part } of member.held.values()) indexes.add(part)
  if (limit === 0 && todo.size > 0) for (const index of todo) indexes.add(index)
  if (indexes.size === 0) kit.places.hosts(member.about?.queues ?? []).forEach((index) => indexes.add(index))
  const found = kit.parts.filter(({ index }) => indexes.has(index))
  return (found.length > 0 ? found : kit.parts).filter(
    (part) => !part.isAway() && !member.seats[part.index]?.isBusy,
  )
}

/** A queue has its limit in its home; that of a spread one is shared. */
function queuesFor(
  { places }: Kit,
  part: Part,
  queues: Ask['queues'],
  of: { readonly n: number; readonly i: number },
): Ask['queues'] {
  return queues
    .filter(({ name }) => places.isSpread(name) || places.homeOf(name) === part.index)
    .map(({ name, limit }) => (places.isSpread(name) ? { name, limit: shareOf(limit, of) } : { name, limit }))
}

/** Every part that was to be asked is away, or still owes an answer. */
function nobody({ parts }: Kit, errors: readonly unknown[]): unknown {
  const away = parts.filter((part) => part.isAway()).length
  const first = errors[0] ?? new StoreError('LW1032', `${away} of ${parts.length} partitions do not answer.`)
  return errors.length > 1 ? failureOf(errors.map((reason) => ({ status: 'rejected', reason }))) : first
}

/*
 * Calls are counted for each part apart: one answer may be lost alone, and not every part is asked in every call.
 */

/** Which answers of each part have arrived, now that those up to `received` have. */
function acknowledge({ seats }: Member, { call, received }: Ask): void {
  for (const seat of seats) {
    const { last } = seat
    if (seat.calls === 0) Object.assign(seat, { calls: call - 1, received })
    if (last && last.outer <= received) seat.received = last.own
    seat.last = undefined
  }
}

/** The call as the part counts it. In a second one for the same answer, that of the first has arrived. */
function countedFor(seat: Seat, { call }: Ask): { readonly call: number; readonly received: number } {
  seat.calls += 1
  return { call: seat.calls, received: seat.last?.outer === call ? seat.last.own : seat.received }
}

import type { WorkerId } from '../../job/job.ts'
import type { Beat, Beaten, Store } from '../../store/index.ts'
import { type Kit, partAt } from './kit.ts'
import { baseOf, confirm, isHeld, lostOf, type Member, newMember, newSeat, seatOf, vacate } from './member.ts'
import { failureOf, most, type Part, patienceMs } from './part.ts'

/** The workers that this process speaks for. */
export interface Members {
  readonly kit: Kit
  readonly all: Map<WorkerId, Member>
}

export const membersOf = (kit: Kit): Members => ({ kit, all: new Map() })

export function memberOf({ kit, all }: Members, worker: WorkerId): Member {
  const known = all.get(worker)
  if (known) return known
  const made = newMember(worker, kit)
  all.set(worker, made)
  return made
}

/** A seat that was asked about, by the name that it had then. */
export interface Asked {
  readonly part: Part
  readonly name: WorkerId
}

/**
 * Registers in a partition under a new name, for a lapsed one is never used again. What it held there is lost. Only while another
 * part holds the worker: one that every part has lost is not to live on.
 */
export async function rejoin(members: Members, member: Member, part: Part): Promise<void> {
  const { clock } = members.kit
  const seat = seatOf(member, part.index)
  void seat.stopBeating?.().catch(() => {})
  Object.assign(seat, newSeat(member.worker, seat.generation + 1, clock.monotonic()))
  const { name, madeAt } = seat
  for (const [id, held] of [...member.held].filter(([, held]) => held.part === part.index)) {
    member.held.delete(id)
    member.former.set(id, held)
    member.lost.push({ id, fence: held.fence })
  }
  // A partition that is away for long is joined anew again and again: an ending from before it was may still be said.
  for (const id of [...member.former.keys()].slice(0, -formerMax)) member.former.delete(id)
  const { about, ttlMs } = member
  try {
    if (!about) return
    await part.call((store) => store.beat({ worker: name, ttlMs, about }), patienceMs)
    if (!(await isElsewhere(members, member, part))) return end(members, member)
    seat.isSure ||= seat.name === name
    confirm(seat, name, madeAt)
  } finally {
    // Where it could not be registered now, a beat hears so, and it is tried anew.
    if (!member.isOver && seat.name === name) {
      member.beatIn?.(part.index)
      const heldAt = Math.max(...member.seats.map((one) => one.heldAt ?? -Infinity))
      member.tell?.({ lease: 'held', now: clock.now(), cancels: [], ...lostOf(member) }, heldAt)
    }
  }
}

/**
 * Another part holds the worker now, and so did all the while: the process may have stood still until all was over, and be registered
 * here only since then. One that does not answer is believed for as long as it was confirmed.
 */
async function isElsewhere(members: Members, member: Member, here: Part): Promise<boolean> {
  const { clock, parts } = members.kit
  const others = parts.filter((part) => part !== here && seatOf(member, part.index).isSure)
  const asked = others.map(async (part) => {
    const one = { ttlMs: member.ttlMs }
    const { isHeld } = await part.call((store) => beatIn(members, member, { store, part, one }), patienceMs)
    if (!isHeld) throw new Error('lost')
  })
  const isFound = await Promise.any(asked).then(
    () => true,
    () => false,
  )
  return isFound || isHeld(member, clock.monotonic())
}

/** No part holds the worker any more, so it is told, once, and comes back under no name. */
function end({ kit, all }: Members, member: Member): void {
  if (member.isOver) return
  member.isOver = true
  if (!member.about) all.delete(member.worker)
  // Late calls must find it over, for a while.
  const over = [...all.values()].filter((one) => one.isOver)
  for (const { worker } of over.slice(0, -overMax)) all.delete(worker)
  for (const seat of member.seats) void seat.stopBeating?.().catch(() => {})
  member.tell?.({ lease: 'lost', now: kit.clock.now(), cancels: [] }, kit.clock.monotonic())
}

const overMax = 100
/** More than a worker holds while it settles: the oldest are those of which it has said what it had to. */
const formerMax = 10_000

/** These seats are lost: registered anew while another part certainly holds the worker; otherwise it has lost all. */
export async function vacated(members: Members, member: Member, lost: readonly Asked[]): Promise<void> {
  // What was asked under an old name says nothing of the new one.
  const isNow = ({ part, name }: Asked) => seatOf(member, part.index).name === name
  const gone = new Set(lost.filter(isNow).map(({ part }) => part))
  if (gone.size === 0 || member.isOver) return
  for (const { index } of gone) vacate(seatOf(member, index))
  if (!member.about || !isHeld(member, members.kit.clock.monotonic())) return end(members, member)
  await Promise.allSettled([...gone].map((part) => rejoin(members, member, part)))
}

interface Beating {
  readonly store: Store
  readonly part: Part
  readonly one: Omit<Beat, 'worker'>
}

/** Beats in one partition, and notes whether it holds the worker. */
async function beatIn({ kit }: Members, member: Member, { store, part, one }: Beating) {
  const seat = seatOf(member, part.index)
  const { name } = seat
  const sentAt = kit.clock.monotonic()
  const beaten = await store.beat({ ...one, worker: name })
  const isLost = beaten.lease === 'lost'
  if (isLost && seat.name === name) vacate(seat)
  return { ...{ part, name, beaten, isLost }, isHeld: !isLost && confirm(seat, name, sentAt) }
}

/** A claim found that these partitions do not know the worker any more. */
export async function missed(members: Members, member: Member, gone: readonly Asked[]): Promise<void> {
  const { ttlMs, about, isOver } = member
  const others = members.kit.parts.filter((part) => !gone.some((one) => one.part === part))
  if (about && !isOver)
    await most(others, (store, part) => beatIn(members, member, { store, part, one: { ttlMs } })).catch(
      () => {},
    )
  await vacated(members, member, gone)
}

export async function beat(members: Members, { worker, ...one }: Beat): Promise<Beaten> {
  const { kit, all } = members
  // Who was forgotten may register anew, as in any store.
  if (one.about && all.get(worker)?.isOver) all.delete(worker)
  const member = memberOf(members, worker)
  if (member.isOver) return { lease: 'lost', now: kit.clock.now(), cancels: [] }
  if (one.about) member.about = one.about
  member.ttlMs = one.ttlMs
  const ends = await most(kit.parts, (store, part) => beatIn(members, member, { store, part, one }))
  const told = ends.map(({ answer }) => answer)
  const now = Math.max(...told.map(({ beaten }) => beaten.now))
  const isAnywhere = told.some((answer) => answer.isHeld) || isHeld(member, kit.clock.monotonic())
  if (!isAnywhere) end(members, member)
  // What could not be registered anew now is so with the next beat.
  else if (member.about)
    await vacated(
      members,
      member,
      told.filter(({ isLost }) => isLost),
    )
  if (member.isOver) return { lease: 'lost', now, cancels: [] }
  return { lease: 'held', now, cancels: told.flatMap(({ beaten }) => beaten.cancels), ...lostOf(member) }
}

/** The names under which one partition knows workers. */
async function namesIn(store: Store, workers: readonly WorkerId[]): Promise<readonly WorkerId[]> {
  const wanted = new Set(workers)
  const others = (await store.workers()).map(({ id }) => id).filter((id) => wanted.has(baseOf(id)))
  return [...new Set([...workers, ...others])]
}

export async function lapse(
  { kit }: Members,
  ...[workers, cause, how]: Parameters<Store['lapse']>
): Promise<number> {
  const ends = await Promise.allSettled(
    kit.parts.map((part) =>
      part.call(async (store) => store.lapse(await namesIn(store, workers), cause, how)),
    ),
  )
  // Those that answered have done it, also where others did not.
  if (ends.some(({ status }) => status === 'rejected')) throw failureOf(ends)
  return ends.reduce((sum, end) => sum + (end.status === 'fulfilled' ? end.value : 0), 0)
}

export async function leave(members: Members, worker: WorkerId): Promise<void> {
  const { kit, all } = members
  const names = memberOf(members, worker).seats.map(({ name }) => name)
  all.delete(worker)
  const ends = await Promise.allSettled(
    names.map((name, i) => partAt(kit, i).call((store) => store.leave(name), patienceMs)),
  )
  if (ends.every(({ status }) => status === 'rejected')) throw failureOf(ends)
}

import type { WorkerId } from '../../job/job.ts'
import type { Beat, Beaten, Store } from '../../store/index.ts'
import { type Kit, partAt } from './kit.ts'
import { baseOf, lostOf, type Member, newMember, newSeat, seatOf } from './member.ts'
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

/** Registers in a partition under a new name, for a lapsed one is never used again. What it held there is lost. */
export async function rejoin({ kit }: Members, member: Member, part: Part): Promise<void> {
  const seat = seatOf(member, part.index)
  void seat.stopBeating?.().catch(() => {})
  Object.assign(seat, newSeat(member.worker, seat.generation + 1))
  for (const [id, { part: at, fence }] of member.held) {
    if (at !== part.index) continue
    member.held.delete(id)
    member.lost.push({ id, fence })
  }
  const { about, ttlMs } = member
  try {
    if (about) await part.call((store) => store.beat({ worker: seat.name, ttlMs, about }), patienceMs)
  } finally {
    // Where it could not be registered now, a beat hears so, and it is tried anew.
    member.beatIn?.(part.index)
    member.tell?.({ lease: 'held', now: kit.clock.now(), cancels: [], ...lostOf(member) })
  }
}

/** These partitions do not know the worker any more: `lost` where none does, else it is registered there anew. */
export async function missed(
  members: Members,
  member: Member,
  gone: readonly Part[],
): Promise<'held' | 'lost'> {
  if (!member.about) return 'lost'
  const { ttlMs } = member
  const others = members.kit.parts.filter((part) => !gone.includes(part))
  const told = await Promise.allSettled(
    others.map(({ index, call }) =>
      call((store) => store.beat({ worker: seatOf(member, index).name, ttlMs }), patienceMs),
    ),
  )
  if (!told.some((end) => end.status === 'fulfilled' && end.value.lease === 'held')) return 'lost'
  await Promise.allSettled(gone.map((part) => rejoin(members, member, part)))
  return 'held'
}

export async function beat(members: Members, one: Beat): Promise<Beaten> {
  const { kit, all } = members
  const member = memberOf(members, one.worker)
  if (one.about) member.about = one.about
  member.ttlMs = one.ttlMs
  const told = await most(kit.parts, (store, { index }) =>
    store.beat({ ...one, worker: seatOf(member, index).name }),
  )
  const now = Math.max(...told.map(({ answer }) => answer.now))
  const gone = told.filter(({ answer }) => answer.lease === 'lost')
  if (gone.length === told.length) {
    all.delete(one.worker)
    return { lease: 'lost', now, cancels: [] }
  }
  // What could not be registered anew now is so with the next beat.
  if (member.about) await Promise.allSettled(gone.map(({ part }) => rejoin(members, member, part)))
  return { lease: 'held', now, cancels: told.flatMap(({ answer }) => answer.cancels), ...lostOf(member) }
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

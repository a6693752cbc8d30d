import type { Fence, WorkerId } from '../../job/job.ts'
import type { Beat, Beaten, Lost, Pulse, Store, WorkerAbout } from '../../store/index.ts'
import { type Kit, partAt } from './kit.ts'
import { failureOf, most, patienceMs, type Part } from './part.ts'

/**
 * A worker is registered in every partition, in each under a name of its own: where one of them has lost it, it goes on there under
 * a new name, and the jobs of the others stay its own.
 */
export interface Member {
  readonly worker: WorkerId
  about: WorkerAbout | undefined
  ttlMs: number
  readonly seats: readonly Seat[]
  /** Jobs that it holds, as far as they were claimed here. */
  readonly held: Map<string, Held>
  /** What it has not been told yet. */
  lost: Lost[]
  /** Beats there are for it by themselves: what they hear. */
  tell: ((beaten: Beaten) => void) | undefined
  /** Which part comes first in the next claim. */
  turn: number
}

/** A member in one partition. */
export interface Seat {
  /** The worker's name there. */
  name: WorkerId
  generation: number
  /** A call is under way that nobody waits for any more. */
  isBusy: boolean
  /** It gave as many jobs as it was asked for. */
  isRich: boolean
  /** How often it was asked for jobs, and the last such call whose answer has arrived. */
  calls: number
  received: number
  /** The last one that was answered, and the worker's call of which the answer was a part. */
  last: { readonly outer: number; readonly own: number } | undefined
  /** When something comes by time alone, as it said last. */
  dueAt: number | undefined
  stopBeating: (() => Promise<void>) | undefined
}

export interface Held {
  readonly part: number
  readonly fence: Fence
  /** The name under which it was claimed. */
  readonly name: WorkerId
}

/** The worker's own name. */
export const baseOf = (name: WorkerId): WorkerId => name.replace(/~\d+$/, '')

export interface Members {
  of(worker: WorkerId): Member
  beat(beat: Beat): Promise<Beaten>
  keepBeating(beat: Beat, pulse: Pulse, hear: (answer: Beaten | Error) => void): Promise<() => Promise<void>>
  lapse(workers: readonly WorkerId[], cause: string, how?: { readonly ending?: boolean }): Promise<number>
  leave(worker: WorkerId): Promise<void>
  /** These partitions do not know the worker any more: `lost` where none does, else it is registered there anew. */
  missed(member: Member, parts: readonly Part[]): Promise<'held' | 'lost'>
  /** What it is to be told of lost jobs. */
  lostOf(member: Member): { readonly lost?: readonly Lost[] }
}

export function membersOf(kit: Kit): Members {
  const members = new Map<WorkerId, Member>()
  const of = (worker: WorkerId): Member => {
    const known = members.get(worker)
    if (known) return known
    const made: Member = {
      ...{ worker, about: undefined, ttlMs: 0, lost: [], tell: undefined, turn: 0, held: new Map() },
      seats: kit.parts.map(() => newSeat(worker, 0)),
    }
    members.set(worker, made)
    return made
  }
  const lostOf = (member: Member) => {
    const lost = member.lost
    member.lost = []
    return lost.length > 0 ? { lost } : {}
  }

  /** Under a new name, for a lapsed one is never used again. */
  async function rejoin(member: Member, part: Part): Promise<void> {
    const seat = member.seats[part.index] as Seat
    void seat.stopBeating?.().catch(() => {})
    Object.assign(seat, newSeat(member.worker, seat.generation + 1))
    for (const [id, { part: at, fence }] of member.held) {
      if (at !== part.index) continue
      member.held.delete(id)
      member.lost.push({ id, fence })
    }
    const { about, ttlMs } = member
    if (about) await part.call((store) => store.beat({ worker: seat.name, ttlMs, about }), patienceMs)
    beating.get(member.worker)?.(part)
    member.tell?.({ lease: 'held', now: kit.clock.now(), cancels: [], ...lostOf(member) })
  }

  async function missed(member: Member, parts: readonly Part[]): Promise<'held' | 'lost'> {
    if (!member.about) return 'lost'
    const others = kit.parts.filter((part) => !parts.includes(part))
    const { ttlMs, seats } = member
    const told = await Promise.allSettled(
      others.map((part) =>
        part.call(
          (store) => store.beat({ worker: (seats[part.index] as Seat).name, ttlMs }),
          patienceMs,
        ),
      ),
    )
    const isHeld = told.some((end) => end.status === 'fulfilled' && end.value.lease === 'held')
    if (!isHeld) return 'lost'
    await Promise.allSettled(parts.map((part) => rejoin(member, part)))
    return 'held'
  }

  async function beat(one: Beat): Promise<Beaten> {
    const member = of(one.worker)
    if (one.about) member.about = one.about
    member.ttlMs = one.ttlMs
    const told = await most(kit.parts, (store, { index }) =>
      store.beat({ ...one, worker: (member.seats[index] as Seat).name }),
    )
    const now = Math.max(...told.map(({ answer }) => answer.now))
    const gone = told.filter(({ answer }) => answer.lease === 'lost')
    if (gone.length === told.length) {
      members.delete(one.worker)
      return { lease: 'lost', now, cancels: [] }
    }
    // What could not be registered anew now is so with the next beat.
    await Promise.allSettled(gone.map(({ part }) => (member.about ? rejoin(member, part) : undefined)))
    return { lease: 'held', now, cancels: told.flatMap(({ answer }) => answer.cancels), ...lostOf(member) }
  }

  /** How the beats of one more part begin, for workers that have beats. */
  const beating = new Map<WorkerId, (part: Part) => void>()
  const keepBeating: Members['keepBeating'] = async (one, pulse, hear) => {
    const member = of(one.worker)
    member.ttlMs = one.ttlMs
    const heardAt = kit.parts.map(() => kit.clock.monotonic())
    let isOver = false
    const isFresh = (at: number) => kit.clock.monotonic() - at < one.ttlMs * 0.8
    const begin = async (part: Part): Promise<void> => {
      const seat = member.seats[part.index] as Seat
      const { name } = seat
      const hearPart = (answer: Beaten | Error) => {
        if (isOver || seat.name !== name) return
        if (answer instanceof Error) return silent(part, answer)
        if (answer.lease === 'held') {
          heardAt[part.index] = kit.clock.monotonic()
          return hear({ ...answer, ...lostOf(member) })
        }
        heardAt[part.index] = -Infinity
        if (!member.about || !heardAt.some(isFresh)) return hear(answer)
        void rejoin(member, part).catch(() => {})
      }
      seat.stopBeating = await part.store.keepBeating({ ...one, worker: name }, pulse, hearPart)
      if (isOver || seat.name !== name) await seat.stopBeating()
    }
    /** A lease that nobody confirmed for so long may be somebody else's: that partition's jobs are given up. */
    const silent = (part: Part, error: Error): void => {
      hear(error)
      if (!member.about || isFresh(heardAt[part.index] as number) || !heardAt.some(isFresh)) return
      if (![...member.held.values()].some((held) => held.part === part.index)) return
      void rejoin(member, part).catch(() => {})
    }
    member.tell = (beaten) => void (isOver || hear(beaten))
    beating.set(one.worker, (part) => void begin(part).catch(() => {}))
    await Promise.all(kit.parts.map(begin))
    return async () => {
      isOver = true
      member.tell = undefined
      beating.delete(one.worker)
      await Promise.allSettled(member.seats.map((seat) => seat.stopBeating?.()))
    }
  }

  /** Those who know a worker by another name say so. */
  async function namesIn(store: Store, workers: readonly WorkerId[]): Promise<readonly WorkerId[]> {
    const wanted = new Set(workers)
    const others = (await store.workers()).map(({ id }) => id).filter((id) => wanted.has(baseOf(id)))
    return [...new Set([...workers, ...others])]
  }

  return {
    of,
    beat,
    keepBeating,
    missed,
    lostOf,
    async lapse(workers, cause, how) {
      const ends = await Promise.allSettled(
        kit.parts.map((part) =>
          part.call(async (store) => store.lapse(await namesIn(store, workers), cause, how)),
        ),
      )
      if (ends.some(({ status }) => status === 'rejected')) throw failureOf(ends)
      return ends.reduce((sum, end) => sum + (end.status === 'fulfilled' ? end.value : 0), 0)
    },
    async leave(worker) {
      const member = of(worker)
      const seats = kit.parts.map(({ index }) => (member.seats[index] as Seat).name)
      members.delete(worker)
      const ends = await Promise.allSettled(
        seats.map((name, i) => partAt(kit, i).call((store) => store.leave(name), patienceMs)),
      )
      if (ends.every(({ status }) => status === 'rejected')) throw failureOf(ends)
    },
  }
}

const newSeat = (worker: WorkerId, generation: number): Seat => ({
  name: generation === 0 ? worker : `${worker}~${generation}`,
  generation,
  ...{ isBusy: false, isRich: false, calls: 0, received: 0, last: undefined, dueAt: undefined, stopBeating: undefined },
})

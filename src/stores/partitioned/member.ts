import type { Fence, WorkerId } from '../../job/job.ts'
import type { Hear, Lost, WorkerAbout } from '../../store/index.ts'
import type { Kit } from './kit.ts'

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
  /** Those that it held last under a name that it has lost: an ending of theirs may have been written before. */
  readonly former: Map<string, Held>
  /** What it has not been told yet. */
  lost: Lost[]
  /** Where beats go by themselves: what they hear. */
  tell: Hear | undefined
  /** Begins to beat in a partition, where beats go by themselves. */
  beatIn: ((index: number) => void) | undefined
  /** Which part comes first in the next claim. */
  turn: number
  /** It has lost every part, and holds nothing under this registration any more. */
  isOver: boolean
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
  /** When it took its name, and when the last beat was sent that found it held; monotonic. */
  readonly madeAt: number
  heldAt: number | undefined
  /**
   * A lease here is one of the worker's: not before another part was found to hold the worker beside it, and no more once it is lost,
   * for what is heard then was sent before.
   */
  isSure: boolean
}

export interface Held {
  readonly part: number
  readonly fence: Fence
  /** The name under which it was claimed. */
  readonly name: WorkerId
}

/** The worker's own name. */
export const baseOf = (name: WorkerId): WorkerId => name.replace(/~\d+$/, '')

export const newMember = (worker: WorkerId, { parts, clock }: Kit): Member => ({
  ...{ worker, about: undefined, ttlMs: 0, lost: [], tell: undefined, beatIn: undefined, turn: 0 },
  isOver: false,
  held: new Map(),
  former: new Map(),
  seats: parts.map(() => newSeat(worker, 0, clock.monotonic())),
})

export const newSeat = (worker: WorkerId, generation: number, madeAt: number): Seat => ({
  name: generation === 0 ? worker : `${worker}~${generation}`,
  generation,
  ...{ isBusy: false, isRich: false, calls: 0, received: 0, last: undefined },
  ...{ dueAt: undefined, stopBeating: undefined, madeAt, heldAt: undefined, isSure: generation === 0 },
})

export const seatOf = ({ seats }: Member, index: number): Seat => seats[index] as Seat

/** What it is to be told of lost jobs, once. */
export function lostOf(member: Member): { readonly lost?: readonly Lost[] } {
  const { lost } = member
  member.lost = []
  return lost.length > 0 ? { lost } : {}
}

/** A beat has found this lease held. It counts from when it was sent: the answer may have waited while this process stood still. */
export function confirm(seat: Seat, name: WorkerId, sentAt: number): boolean {
  if (seat.name !== name || !seat.isSure) return false
  seat.heldAt = Math.max(seat.heldAt ?? -Infinity, sentAt)
  return true
}

/** A beat has found it lost. */
export const vacate = (seat: Seat): void => void Object.assign(seat, { heldAt: undefined, isSure: false })

/** Less than a lease, so that what is trusted here is given up before somebody else has it. */
const trustedMs = ({ ttlMs }: Member): number => ttlMs * 0.8

/** Some part has certainly not lost it by now. */
export const isHeld = (member: Member, now: number): boolean =>
  member.seats.some(({ heldAt }) => heldAt !== undefined && now - heldAt < trustedMs(member))

/** What it holds in this part may be with others, for nobody has confirmed its lease there. */
export function isDoubtful(member: Member, index: number, now: number): boolean {
  const { madeAt, heldAt = madeAt } = seatOf(member, index)
  if (now - heldAt < trustedMs(member)) return false
  return [...member.held.values()].some(({ part }) => part === index)
}

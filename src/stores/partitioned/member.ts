import type { Fence, WorkerId } from '../../job/job.ts'
import type { Beaten, Lost, WorkerAbout } from '../../store/index.ts'
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
  /** What it has not been told yet. */
  lost: Lost[]
  /** Where beats go by themselves: what they hear. */
  tell: ((beaten: Beaten) => void) | undefined
  /** Begins to beat in a partition, where beats go by themselves. */
  beatIn: ((index: number) => void) | undefined
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

export const newMember = (worker: WorkerId, { parts }: Kit): Member => ({
  ...{ worker, about: undefined, ttlMs: 0, lost: [], tell: undefined, beatIn: undefined, turn: 0 },
  held: new Map(),
  seats: parts.map(() => newSeat(worker, 0)),
})

export const newSeat = (worker: WorkerId, generation: number): Seat => ({
  name: generation === 0 ? worker : `${worker}~${generation}`,
  generation,
  ...{ isBusy: false, isRich: false, calls: 0, received: 0, last: undefined },
  ...{ dueAt: undefined, stopBeating: undefined },
})

export const seatOf = ({ seats }: Member, index: number): Seat => seats[index] as Seat

/** What it is to be told of lost jobs, once. */
export function lostOf(member: Member): { readonly lost?: readonly Lost[] } {
  const { lost } = member
  member.lost = []
  return lost.length > 0 ? { lost } : {}
}

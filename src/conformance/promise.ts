import type { Clock } from '../job/clock.ts'
import type { Capabilities, Store } from '../store/index.ts'
import type { Room } from './room.ts'

/** L0: the contract's rules under a virtual clock. L1: many at once. L2: processes that die or freeze. */
export type Level = 'L0' | 'L1' | 'L2'

/** One thing that every store does, with the story that shows it. */
export interface Promised {
  /** `theme.case`, permanent. */
  readonly id: string
  readonly level: Level
  /** The promise as a sentence. */
  readonly promise: string
  /** What the store or the house must offer for the story to be played; where it is missing, the table says so. */
  readonly needs?: readonly Need[]
  /** Only played on stores that do not claim this, because the promise is the refusal. */
  readonly lacks?: keyof Capabilities
  /** Plays the story; a thrown error is a broken promise. */
  keep(room: Room): Promise<void>
}

/** A capability that the store claims, or something that only the house can provide. */
export type Need = keyof Capabilities | 'spawn' | 'begin'

/** A clock under the suite's control: a virtual one, or for L2 the real one, where `advance` waits. */
export interface HouseClock extends Clock {
  advance(ms: number): Promise<void>
  /** Moves only the wall clock. */
  jump(ms: number): void
}

/** Where one promise is played: fresh and empty data, used by one story and thrown away. */
export interface House {
  readonly clock: HouseClock
  /** An opened store on the house's data; each call gives one more handle, which is only asked for where `can.shared` or after `close`. */
  open(): Promise<Store>
  /** A transaction of the caller's own, as `enqueue` takes it in `tx`. */
  begin?(): Promise<OwnTransaction>
  /** A process of its own with a store on the same data; a house with `spawn` may be asked for real time. */
  spawn?(): Promise<Child>
  /** Ends everything that the house began. */
  close(): Promise<void>
}

export interface OwnTransaction {
  readonly tx: unknown
  commit(): Promise<void>
  rollback(): Promise<void>
}

/** A store in another process, called by name. */
export interface Child {
  readonly pid: number
  /** Calls a function of the child's store, or `block(ms)`, which keeps the child's event loop busy. */
  call(verb: string, ...args: unknown[]): Promise<unknown>
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** Resolves when the process has ended. */
  readonly gone: Promise<void>
}

/** Makes a house; L2 asks for real time, since a process of its own cannot read the suite's clock. */
export type MakeHouse = (options: { readonly time: 'virtual' | 'real' }) => Promise<House>

/** Gathers the promises of one theme under their level. */
export function theme(name: string, level: Level, cases: readonly Case[]): readonly Promised[] {
  return cases.map(([id, promise, keep, extra]) => ({ id: `${name}.${id}`, level, promise, keep, ...extra }))
}
export type Case = readonly [
  id: string,
  promise: string,
  keep: (room: Room) => Promise<void>,
  extra?: Pick<Promised, 'needs' | 'lacks'>,
]

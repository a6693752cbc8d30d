import type { Instant } from './job.ts'
import { allStates, type LiveState, type State } from './state.ts'

/** A unique key, and how a job holds it: the job that holds a key is the twin of all others with that key. */
export interface Unique {
  /** Digest of the task and of what makes two of its jobs the same. */
  readonly key: string
  /** The job holds its key in these states. They are closed: see `closed`. */
  readonly states: readonly State[]
  /** Holds it at most this long after enqueue; a finished job that holds its key is kept that long. */
  readonly forMs?: number
  /**
   * What a newcomer does to its twin. `replace`: a waiting twin takes what the newcomer says; `latest`: the same, and
   * it keeps its place in the line.
   */
  readonly onConflict: OnConflict
  /** For `replace`: the twin starts no later than this after its own enqueue. */
  readonly maxWaitMs?: number
}

/** Where a job has the key `from`, it has `to` from now on; a job with another key keeps it. */
export interface KeyChange {
  readonly from: string
  readonly to: string
}

export type OnConflict = 'return' | 'throw' | 'replace' | 'latest'

const waiting: readonly LiveState[] = ['blocked', 'scheduled', 'parked', 'ready']
const live: readonly LiveState[] = [...waiting, 'dispatched', 'running', 'suspended']

/** The sets of states that have a name. */
export const namedStates = {
  waiting,
  incomplete: live,
  successful: [...live, 'completed'],
  present: allStates,
} as const satisfies Record<string, readonly State[]>

/**
 * The whole set that some states stand for: whoever waits may have to wait elsewhere, whoever runs may suspend.
 * `undefined` when the set is not closed. Every job begins in line and a run may put it back there, so a key that is held
 * by a running or a finished job alone would be let go and taken by somebody else in the middle of a life.
 */
export function closed(states: readonly State[]): readonly State[] | undefined {
  const has = (...some: State[]) => some.every((state) => states.includes(state))
  if (!has('scheduled', 'ready')) return undefined
  const runs = has('running')
  const rest = allStates.filter((state) => states.includes(state) && !live.some((s) => s === state))
  if (!runs && (rest.length > 0 || has('dispatched') || has('suspended'))) return undefined
  return [...(runs ? live : waiting), ...rest]
}

/** A job that waits and has expired is dead to others who want its key, although nobody has buried it yet. */
export function keyState(
  { state, expiresAt }: { readonly state: State; readonly expiresAt?: Instant | null | undefined },
  now: Instant,
): State {
  const isExpired = typeof expiresAt === 'number' && expiresAt <= now
  return isExpired && waiting.some((one) => one === state) ? 'dead' : state
}

/** Until when a job holds its key, in whatever state. */
export const holdsUntil = ({ forMs }: Unique, createdAt: Instant): number => createdAt + (forMs ?? Infinity)

/** When a finished job may be removed: not as long as it holds its key for a time. */
export function keptUntil(keep: Instant | undefined, held: Instant): Instant | undefined {
  return keep === undefined || held === Infinity ? keep : Math.max(keep, held)
}

/** When a twin that was replaced may start. One that ran before keeps its time, so that enqueues wear out no attempts. */
export function replacedAt(
  twin: { readonly createdAt: Instant; readonly availableAt: Instant; readonly attempt: number },
  newcomer: { readonly delayMs?: number; readonly runAt?: Instant; readonly unique?: Unique },
  now: Instant,
): Instant {
  const { onConflict, maxWaitMs } = newcomer.unique ?? {}
  if (onConflict === 'latest' || twin.attempt > 0) return twin.availableAt
  const wanted = newcomer.runAt ?? now + (newcomer.delayMs ?? 0)
  return Math.max(now, Math.min(wanted, twin.createdAt + (maxWaitMs ?? Infinity)))
}

/** Why a job that came back into line was cancelled there. */
export const replacedBy = (id: string): string => `replaced by ${id}`

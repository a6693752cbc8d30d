import { defaults } from '../job/defaults.ts'
import type { ClaimedJob } from '../job/job.ts'

/** Slots that some queues share, and the claimed jobs that wait for one. */
export interface Pool {
  readonly queues: readonly string[]
  readonly concurrency: number
  /** Only for suspects, while nothing runs in the other pools. */
  readonly alone?: true
  readonly buffer: ClaimedJob[]
  running: number
  /** How many runs it has ever started. */
  started: number
  /** Slots whose handler ignored its abort; replaced by new ones up to a quarter of the pool. */
  leaked: number
  /** Jobs that a slot takes: more than one only where all jobs of the pool are worked on in batches. */
  readonly batchMax: number
  /** Free places in batches that gather. */
  places: number
  /** True while the store may have more for this pool than it was given. */
  isHungry: boolean
  /** Moving averages: how long a run takes, and how much of a payload there is to it. */
  runMs: number
  jobChars: number
}

export function newPool(queues: readonly string[], concurrency: number, batchMax = 1): Pool {
  const idle = { buffer: [], running: 0, started: 0, leaked: 0, places: 0, isHungry: true, runMs: Infinity }
  return { queues, concurrency, batchMax, jobChars: 0, ...idle }
}

/** Slots in which a handler may start now. */
export function freeSlots(pool: Pool): number {
  const replaced = Math.min(pool.leaked, Math.max(1, Math.floor(pool.concurrency / 4)))
  return Math.max(0, pool.concurrency + replaced - pool.leaked - pool.running)
}

/**
 * How many jobs to claim: the free slots, and when jobs are quick also what can run while the next claim is under
 * way, twice over, so that handlers never wait for a round trip. Slow jobs are never claimed ahead: another worker could have them.
 */
export function room(pool: Pool, roundTripMs: number): number {
  const ahead =
    pool.runMs < defaults.prefetchUnderMs
      ? Math.ceil((4 * pool.concurrency * Math.max(1, roundTripMs)) / Math.max(0.02, pool.runMs))
      : 0
  const places = freeSlots(pool) * pool.batchMax + pool.places
  const held = Math.ceil(defaults.batchChars / (pool.jobChars + 1))
  return Math.max(0, places + Math.min(ahead, held, defaults.prefetchMax) - pool.buffer.length)
}

/** Weighs a run into the average; the first one counts whole. */
export function measure(pool: Pool, ms: number, chars: number): void {
  pool.jobChars = pool.runMs === Infinity ? chars : pool.jobChars * 0.9 + chars * 0.1
  pool.runMs = pool.runMs === Infinity ? ms : pool.runMs * 0.9 + ms * 0.1
}

import type { Instant } from './job.ts'
import type { FinalState } from './state.ts'

/** What a store held at one moment. */
export interface Sample extends Readonly<Record<FinalState, number>> {
  readonly at: Instant
  /** Of storage in use, where the engine tells. */
  readonly bytes?: number
  /** Jobs that ever came. */
  readonly enqueued: number
  /** Jobs without a final state. */
  readonly live: number
}

/** How far back growth is looked at: an hour, a day, a week. */
export const lookBacksMs = [3_600_000, 86_400_000, 7 * 86_400_000] as const

/** What has changed between two samples. */
export interface Growth extends Readonly<Record<FinalState, number>> {
  readonly overMs: number
  readonly bytes?: number
  readonly enqueued: number
  readonly live: number
}

/** Two samples that are closer to each other tell nothing. */
const tooSoonMs = 60_000

export function growth(now: Sample, before: Sample | undefined): Growth | undefined {
  if (!before || now.at - before.at < tooSoonMs) return undefined
  const bytes = now.bytes === undefined || before.bytes === undefined ? undefined : now.bytes - before.bytes
  return {
    overMs: now.at - before.at,
    ...(bytes !== undefined && { bytes }),
    enqueued: now.enqueued - before.enqueued,
    live: now.live - before.live,
    completed: now.completed - before.completed,
    dead: now.dead - before.dead,
    cancelled: now.cancelled - before.cancelled,
  }
}

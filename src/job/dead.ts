import { clip } from './errors.ts'
import type { ErrorInfo, Instant } from './job.ts'

/** Numbers the deaths of a store's jobs: it rises with each, and is never used again, also when the job dies once more. */
export type Death = number

/** Which dead jobs are meant: those that fit every field given. */
export interface DeadFilter {
  readonly task?: string
  readonly queue?: string
  readonly fingerprint?: string
  readonly reason?: string
  /** A text in the message of the job's last error. */
  readonly error?: string
  readonly tag?: string
  /** Died at this instant or later. */
  readonly since?: Instant
  /** Died before this instant. */
  readonly until?: Instant
  readonly ids?: readonly string[]
}

/** What a person has said about a group of failures. Whoever ignores a group does not want to hear of it. */
export type FailureStatus = 'open' | 'ignored' | 'resolved'

/** Dead jobs of one task and queue that look alike. */
export interface FailureGroup {
  readonly task: string
  readonly queue: string
  /** Of the error; for jobs that died without one, the reason. */
  readonly fingerprint: string
  readonly name: string
  /** Of the newest death. */
  readonly message: string
  /** Jobs of this group that are dead now. */
  readonly count: number
  /** Deaths ever counted. */
  readonly total: number
  readonly firstSeenAt: Instant
  readonly lastSeenAt: Instant
  /** Deaths in each of the last 24 hours of the clock, the present hour last. */
  readonly trend: readonly number[]
  readonly status: FailureStatus
  /** When a job died in it although it had been resolved. */
  readonly regressedAt?: Instant
  /** The newest of its dead jobs. */
  readonly sampleJobId?: string
}

/** What the death of a job counts as: its error, where the attempt that ended it had one, or else its reason. */
export function groupOf(
  reason: string | undefined,
  error: ErrorInfo | undefined,
): Pick<FailureGroup, 'fingerprint' | 'name' | 'message'> {
  const why = clip(reason || 'unknown', 64)
  if (!error) return { fingerprint: why, name: why, message: means[why] ?? '' }
  return {
    fingerprint: error.fingerprint || why,
    name: clip(error.name, 100),
    message: clip(error.message, 300),
  }
}

const means: Readonly<Record<string, string>> = {
  expired: 'the ttl or deadline passed before the job was done',
  poison: 'the job took its worker’s process with it',
}

export const hourOf = (at: Instant): number => Math.floor(at / 3_600_000)

/** Hours of the trend, and for how many more a store keeps the counts, in case the clock is set back. */
export const trendHours = 24
export const keptHours = 48

/** Counts by hour as the trend that ends now. */
export function trendOf(hours: ReadonlyMap<number, number>, now: Instant): number[] {
  const first = hourOf(now) - trendHours + 1
  return Array.from({ length: trendHours }, (_, i) => hours.get(first + i) ?? 0)
}

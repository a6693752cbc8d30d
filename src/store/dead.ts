import type { Bulk, BulkPlan, BulkStep, DeadJob } from '../job/bulk.ts'
import type { Death, DeadFilter, FailureGroup, FailureStatus } from '../job/dead.ts'
import type { Instant } from '../job/job.ts'

/** The part of the contract that is about dead letters in groups. Counters, written when a job dies: O(groups). */
export interface Failures {
  /** The groups that fit, the one with the most dead jobs first, at most 1,000. Without `states` also those with none. */
  list(where?: FailureWhere): Promise<readonly FailureGroup[]>
  /** Says what a person thinks of groups; the answers are how many groups each was about. */
  mark(marks: readonly Mark[]): Promise<readonly number[]>
}

export interface FailureWhere {
  readonly task?: string
  readonly queue?: string
  readonly fingerprint?: string
  /** Somebody died in it at this instant or later. */
  readonly since?: Instant
}

/** Marks every group of the fingerprint, or only that of one task or queue. */
export interface Mark {
  readonly fingerprint: string
  readonly task?: string
  readonly queue?: string
  readonly status: FailureStatus
  readonly by: string
}

/** The part of the contract that does something to many dead jobs, durably and once each. */
export interface BulkRoom {
  /** The next dead jobs that a filter lets through, oldest death first. It may be short, or empty, and not the end. */
  page(ask: DeadAsk): Promise<DeadPage>
  /** Writes down a new operation, with its bound. One whose id is known is answered as it stands. */
  start(plan: BulkPlan): Promise<Bulk>
  /** Newest first, at most 100; by id in the order asked, without those that are not there. */
  list(ids?: readonly string[]): Promise<readonly Bulk[]>
  /** Does a step and notes it, in one atomic write; a step that was made from another cursor changes nothing. */
  step(step: BulkStep): Promise<BulkStepped>
  /** Stops operations, or lets them go on; `undefined` for an unknown id. One that is done stays done. */
  set(setting: BulkSetting): Promise<Bulk | undefined>
}

export interface DeadAsk {
  readonly filter: DeadFilter
  readonly after: Death
  /** Up to and with this death. */
  readonly upTo?: Death
  readonly limit: number
}
export interface DeadPage {
  readonly jobs: readonly DeadJob[]
  /** Everything up to this death has been looked at. */
  readonly to: Death
  readonly isEnd: boolean
}

/** `early`: the rate does not allow it yet. `stale`: the operation stands elsewhere, is not open, or another one drives it. */
export interface BulkStepped {
  readonly outcome: 'applied' | 'stale' | 'early' | 'gone'
  /** As it stands now. */
  readonly bulk?: Bulk
}

export interface BulkSetting {
  readonly id: string
  readonly to: 'running' | 'stopped'
  readonly by: string
  readonly note?: string
  /** Who drives it from now on, where it goes on. */
  readonly driver?: string
}

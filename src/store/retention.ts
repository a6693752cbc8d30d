import type { Sample } from '../job/growth.ts'
import type { Instant } from '../job/job.ts'
import type { Ordered, RetentionOrder, Standing } from '../job/retention.ts'

/** The part of a store that says what is kept: one policy for all processes, in the store, applied by `tend`. */
export interface Retaining {
  /** Puts a policy in the place of the one before, and weighs what is there already, in bounded pieces. */
  set(order: RetentionOrder): Promise<Ordered>
  /** The policy that stands. */
  get(): Promise<Standing | undefined>
  /** How large the store is and was, at the same cost whatever is in it. `tend` notes it now and then. */
  size(): Promise<StoreSize>
}

export interface StoreSize {
  readonly now: Sample
  /** The first sample of the last hour, day and week; a moment of which none is kept has none. */
  readonly before: readonly (Sample | undefined)[]
  /** Taken from the disk and to be used again. */
  readonly freeBytes?: number
  /** When the next finished job leaves by its age. */
  readonly nextRemovalAt?: Instant
}

export type { Sample } from '../job/growth.ts'

export type { Ordered, RetentionOrder, RetentionPolicy, Standing } from '../job/retention.ts'

import type { Ordered, RetentionOrder, Standing } from '../job/retention.ts'

/** The part of a store that says what is kept: one policy for all processes, in the store, applied by `tend`. */
export interface Retaining {
  /** Puts a policy in the place of the one before, and weighs what is there already, in bounded pieces. */
  set(order: RetentionOrder): Promise<Ordered>
  /** The policy that stands. */
  get(): Promise<Standing | undefined>
}

export type { Ordered, RetentionOrder, RetentionPolicy, Standing } from '../job/retention.ts'

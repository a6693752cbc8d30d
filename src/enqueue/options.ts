import type { Priority } from '../define/task.ts'
import type { Duration } from '../job/duration.ts'
import type { EnqueueUnique } from './unique.ts'

export interface EnqueueOptions {
  /** An id of your own makes a repeat harmless: the second call finds the first one's job. Default: a new id. */
  readonly id?: string
  /** Not before this long from now. */
  readonly delay?: Duration
  /** Not before this instant; must not lie in the past. */
  readonly runAt?: Date
  /** Default: the task's. */
  readonly priority?: Priority
  /** Added to the task's, for searching. */
  readonly tags?: readonly string[]
  /** Default: the task's. */
  readonly ttl?: Duration
  /** Default: the task's. */
  readonly deadline?: Duration
  /** A key, a rule, or both instead of the task's; `true` for the task's, or the whole input; `false` for none. */
  readonly unique?: boolean | EnqueueUnique
}

/** The names of these options, to tell a typo. */
export const enqueueOptions = ['id', 'delay', 'runAt', 'priority', 'tags', 'ttl', 'deadline', 'unique']

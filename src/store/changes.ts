import type { Attempt, Instant, Progress, WorkerId } from '../job/job.ts'
import type { State } from '../job/state.ts'

/** What to tell: everything since a place, or only the place of this moment. */
export interface Since {
  /** The cursor of the answer before. */
  readonly after?: string
  /** Changes of each kind at most; each kind comes in the order in which it happened. */
  readonly limit: number
  /** How many of the jobs that run now to show as well, the longest first. Default 0. */
  readonly running?: number
}
export interface Changes {
  /** In the order of their instants. */
  readonly items: readonly Change[]
  readonly running: readonly RunningView[]
  readonly cursor: string
  /** How many jobs ever came, and how many attempts ever ended: two looks give rates. */
  readonly totals: { readonly enqueued: number; readonly ended: number }
  /** True when the limit ended the page. */
  readonly more: boolean
}
/** `state` is the job's present one, which may be a later one than it then had. */
export type Change = { readonly at: Instant } & (
  | {
      readonly kind: 'enqueued'
      readonly id: string
      readonly task: string
      readonly queue: string
      readonly state: State
    }
  | {
      readonly kind: 'ended'
      readonly id: string
      readonly task: string
      readonly queue: string
      readonly state: State
      readonly attempt: Attempt
    }
  /** A job that ended while it waited, so without an attempt: its time was over, or a person ended it. */
  | ({ readonly kind: 'closed' } & Closing)
  /** `target` is a job, or for `pause` and `resume` a queue. */
  | {
      readonly kind: 'acted'
      readonly verb: string
      readonly target: string
      readonly by: string
      readonly reason?: string
    }
)
export interface Closing {
  readonly id: string
  readonly task: string
  readonly queue: string
  /** `expired` is dead, `removed` is gone. */
  readonly how: 'expired' | 'cancelled' | 'removed'
  /** The person, where it was one. */
  readonly by?: string
  readonly reason?: string
}
/** A job that runs, without its payload. */
export interface RunningView {
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly attempt: number
  readonly worker: WorkerId
  readonly startedAt: Instant
  readonly progress?: Progress
}

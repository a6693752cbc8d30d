import type { Ready } from '../work.ts'
import type { Told } from '../told.ts'

/** A task that can be enqueued by hand. */
export interface TaskFacts {
  readonly name: string
  readonly queue: string
}

/** A schedule, as the first lines tell of it. */
export interface ScheduleFacts {
  readonly name: string
  readonly when: string
  readonly state: string
  /** Milliseconds since 1970. */
  readonly nextAt?: number
  readonly problem?: string
}

/** What went wrong, as it travels between processes. */
export interface Trouble {
  readonly code?: string
  readonly message: string
  readonly fix?: string
}

/** What a person wants done, and what is answered. */
export interface Wishes {
  /** The payload that a person may start from, as JSON text. */
  readonly example: { readonly ask: { readonly task: string }; readonly answer: string }
  readonly enqueue: {
    readonly ask: { readonly task: string; readonly json: string }
    readonly answer: string
  }
  /** Enqueues a job's task and payload once more. */
  readonly again: { readonly ask: { readonly id: string }; readonly answer: string }
  readonly dead: { readonly ask: object; readonly answer: readonly DeadLetter[] }
  readonly revive: { readonly ask: { readonly ids: readonly string[] }; readonly answer: number }
  readonly pause: { readonly ask: { readonly on: boolean }; readonly answer: readonly string[] }
}
export interface DeadLetter {
  readonly id: string
  readonly task: string
  readonly note: string
}
export type Wish = keyof Wishes

/** What the process that runs the app tells. Marked, for the user's code may use the same channel. */
export type FromApp =
  | { readonly legwork: 'loaded' }
  | { readonly legwork: 'registered'; readonly worker: string }
  | {
      readonly legwork: 'ready'
      readonly facts: Ready
      readonly tasks: readonly TaskFacts[]
      readonly paused: readonly string[]
      readonly schedules: readonly ScheduleFacts[]
    }
  | ({ readonly legwork: 'refused' } & Trouble)
  | { readonly legwork: 'told'; readonly items: readonly Told[]; readonly isCut: boolean }
  | {
      readonly legwork: 'answer'
      readonly call: number
      readonly answer?: unknown
      readonly trouble?: Trouble
    }

/** What that process is told to do. */
export type ToApp =
  | {
      readonly legwork: 'start'
      /** Workers whose process has died: their jobs are handed back. */
      readonly lost: readonly string[]
      readonly cause: string
      /** Queues that were paused with a key, and go on when this ends. */
      readonly paused: readonly string[]
    }
  | { readonly legwork: 'stop'; readonly isReload: boolean }
  | { readonly legwork: 'hurry' }
  | { readonly legwork: 'wish'; readonly call: number; readonly wish: Wish; readonly ask: unknown }

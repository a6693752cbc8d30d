import type { ClaimedJob, LogLevel } from '../../job/job.ts'
import type { ProgressNote } from '../handler.ts'
import type { Thrown } from './thrown.ts'

/** What a worker tells an isolate. Marked, for the user's code may use the same channel. */
export type ToGuest =
  | { readonly legwork: 'load'; readonly url: string; readonly task: string }
  | {
      readonly legwork: 'run'
      readonly job: ClaimedJob
      readonly input: unknown
      /** What middleware added to the context. */
      readonly extras: Readonly<Record<string, unknown>>
    }
  | { readonly legwork: 'abort'; readonly reason: AbortReason }
  | { readonly legwork: 'kept'; readonly n: number; readonly refused?: Thrown }

/** What an isolate tells its worker. */
export type FromGuest =
  | { readonly legwork: 'ready' }
  | { readonly legwork: 'refused'; readonly why: string }
  | { readonly legwork: 'log'; readonly level: LogLevel; readonly message: string; readonly data?: unknown }
  | { readonly legwork: 'progress'; readonly now: number | ProgressNote }
  | { readonly legwork: 'keep'; readonly n: number; readonly text: string }
  | { readonly legwork: 'returned'; readonly value: unknown }
  | { readonly legwork: 'threw'; readonly thrown: Thrown }

/** Why a run should stop: the class and what it is made of. */
export interface AbortReason {
  readonly name: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

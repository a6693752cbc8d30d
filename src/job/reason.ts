/** Why a job is not running, or no longer: the closed list behind `why()`. Every live job has one of these. */
export type Reason =
  | { readonly kind: 'running'; readonly worker: string; readonly sinceMs: number }
  | { readonly kind: 'cancelling'; readonly worker: string; readonly reason: string }
  | { readonly kind: 'lease-lapsed'; readonly worker: string }
  | {
      readonly kind: 'scheduled'
      readonly inMs: number
      readonly because: 'delay' | 'retry' | 'snooze' | 'release' | 'loss'
    }
  | { readonly kind: 'key-missing'; readonly inMs: number; readonly text: string }
  | { readonly kind: 'queue-paused'; readonly queue: string; readonly reason: string; readonly by: string }
  | {
      readonly kind: 'overlap'
      readonly schedule: string
      /** The earlier job of the schedule that it waits for. */
      readonly heldBy: string
    }
  | { readonly kind: 'no-worker'; readonly queue: string }
  | { readonly kind: 'no-handler'; readonly task: string }
  | { readonly kind: 'suspect'; readonly losses: number }
  | {
      readonly kind: 'elsewhere'
      /** Host and process that are not to run it. */
      readonly avoids: string
      /** Live workers of other processes that can. */
      readonly workers: number
      /** Then anyone may. */
      readonly inMs: number
    }
  | {
      readonly kind: 'newer-version'
      readonly task: string
      readonly version: number
      /** The newest that a live worker knows. */
      readonly known: number
      readonly workers: number
    }
  | { readonly kind: 'waiting-in-line'; readonly ahead: number; readonly workers: number }
  | { readonly kind: 'completed'; readonly agoMs: number }
  | { readonly kind: 'dead'; readonly reason: string; readonly error?: string }
  | { readonly kind: 'cancelled'; readonly reason: string }
  | { readonly kind: 'not-found' }

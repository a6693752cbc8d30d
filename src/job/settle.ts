import type { Backoff } from './backoff.ts'
import type { ClaimedJob, DeadReason, ErrorInfo, Settlement } from './job.ts'
import { afterCrash, isLoss } from './loss.ts'
import type { State } from './state.ts'

/** How one run ended, in the words of the person who wrote the handler. */
export type Outcome =
  | { readonly kind: 'returned'; readonly result?: string }
  | { readonly kind: 'threw'; readonly error: ErrorInfo; readonly retry: Retry }
  | { readonly kind: 'snoozed'; readonly delayMs: number; readonly reason?: string }
  | { readonly kind: 'discarded'; readonly error: ErrorInfo; readonly reason: DeadReason }
  | { readonly kind: 'released'; readonly delayMs?: number; readonly reason?: string }
  | { readonly kind: 'cancelled'; readonly reason: string; readonly error?: ErrorInfo }
  | { readonly kind: 'crashed'; readonly error: ErrorInfo }

/** `policy`: the task's own; or a wait that the error asked for, which may be free of charge. */
export type Retry = 'policy' | RetryWish
export interface RetryWish {
  readonly delayMs: number
  readonly countsAsAttempt: boolean
  readonly elsewhere?: boolean
}

/** When to try again, and how often. */
export interface RetryPolicy {
  readonly attempts: number
  readonly backoff: Backoff
  readonly elsewhere?: boolean
}

export interface Now {
  /** The store's time, as well as the worker knows it. */
  readonly now: number
  random(): number
}

/** Turns the outcome of a run into the row that the store writes. The only place that decides what a failure means. */
export function settle(
  job: ClaimedJob,
  outcome: Outcome,
  policy: RetryPolicy,
  { now, random }: Now,
): Settlement {
  const lease = { id: job.id, fence: job.fence }
  switch (outcome.kind) {
    case 'returned':
      if (outcome.result === undefined) return { id: job.id, fence: job.fence, move: 'complete' }
      return { ...lease, move: 'complete', result: outcome.result }
    case 'snoozed':
      return {
        ...lease,
        move: 'snooze',
        delayMs: outcome.delayMs,
        ...(outcome.reason && { reason: outcome.reason }),
      }
    case 'released':
      return {
        ...lease,
        move: 'release',
        delayMs: outcome.delayMs ?? 0,
        ...(outcome.reason && { reason: outcome.reason }),
      }
    case 'cancelled':
      return {
        ...lease,
        move: 'cancel',
        reason: outcome.reason,
        ...(outcome.error && { error: outcome.error }),
      }
    case 'discarded':
      return { ...lease, move: 'bury', reason: outcome.reason, error: outcome.error }
    case 'crashed':
      return { ...lease, ...afterCrash(job), error: outcome.error }
    case 'threw':
      return { ...lease, ...afterFailure(job, outcome.retry, policy, { now, random }), error: outcome.error }
  }
}

function afterFailure(job: ClaimedJob, retry: Retry, policy: RetryPolicy, { now, random }: Now) {
  const free = retry !== 'policy' && !retry.countsAsAttempt
  const failures = job.failures + (free ? 0 : 1)
  if (failures >= policy.attempts) return { move: 'bury', reason: 'exhausted' } as const
  const delayMs = retry === 'policy' ? policy.backoff(failures, random) : retry.delayMs
  const late = job.deadlineAt !== undefined && now + delayMs >= job.deadlineAt
  if (late) return { move: 'bury', reason: 'expired' } as const
  const elsewhere = (retry === 'policy' ? undefined : retry.elsewhere) ?? policy.elsewhere
  return { move: free ? 'snooze' : 'retry', delayMs, ...(elsewhere === true && { elsewhere }) } as const
}

/**
 * The state that a settlement leads to, by the store's own knowledge: a job that was asked to cancel does not
 * wait for another run, and only work that is done stays done. A crash is no end of its own: it cancels such a job.
 */
export function stateAfter(settlement: Settlement, cancelRequested: boolean): State {
  switch (settlement.move) {
    case 'complete':
      return 'completed'
    case 'bury':
      return cancelRequested && isLoss(settlement) ? 'cancelled' : 'dead'
    case 'cancel':
      return 'cancelled'
    default:
      if (cancelRequested) return 'cancelled'
      return (settlement.delayMs ?? 0) > 0 ? 'scheduled' : 'ready'
  }
}

/** True when a settlement sends its job back into line. */
export const comesBack = ({ move }: Settlement): boolean =>
  move === 'retry' || move === 'snooze' || move === 'release' || move === 'lapse'

/** True when a settlement is charged as a failure: a discarded, undecodable or poisonous job is dead without one. */
export function isFailure({ move, reason }: Settlement): boolean {
  return move === 'retry' || (move === 'bury' && (reason === 'exhausted' || reason === 'expired'))
}

/** Equal for settlements that say the same, so that a repeated one is told from one that disagrees. */
export function digest({ move, result, reason, error }: Settlement): string {
  const text = `${result ?? ''}|${reason ?? ''}|${error?.message ?? ''}`
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return `${move}:${text.length}:${hash.toString(36)}`
}

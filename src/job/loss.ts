import { lossDelayMs } from './backoff.ts'
import type { ClaimedJob, DeadReason, OnCrash, Settlement } from './job.ts'

/** A job whose lease was taken away, as it was then. */
export interface Lost {
  readonly losses: number
  readonly failures: number
  readonly maxAttempts: number
  readonly onCrash?: OnCrash | undefined
  /** It ran alone: nothing else ran in the worker’s process. */
  readonly suspect: boolean
  /** Its handler had begun, or nobody knows. */
  readonly hasBegun: boolean
  /** Its worker was told to end, by a person or a shutdown, or its machine was: that is no crash. */
  readonly isEnding: boolean
  readonly cancelRequested?: string | undefined
  /** Why it is cancelled where it would come back, because a newer job holds its key. */
  readonly replaced?: string | undefined
  /** Its deadline. */
  readonly expiresAt?: number | undefined
}

/** What becomes of a lost job: its counters, and where it goes. */
export interface AfterLoss {
  readonly state: 'ready' | 'scheduled' | 'dead' | 'cancelled'
  readonly losses: number
  readonly failures: number
  /** True when it runs again alone. */
  readonly suspect: boolean
  /** Until it may run again. */
  readonly waitMs: number
  readonly reason?: string
}

/** While one worker has run a suspect for no longer than this, no other is asked to make room for the next. */
export const trialMs = 30_000

/** From this many losses on a job may be what takes its workers down. */
export const suspectLosses = 2

/** True for a job of which a worker says that its handler begins, because a loss would decide something. */
export const isWatched = ({ onCrash = 'retry', losses }: Pick<ClaimedJob, 'onCrash' | 'losses'>): boolean =>
  losses > 0 || onCrash !== 'retry'

/**
 * Decides after a crash, which is a loss and no failure: a job lost once runs again, one lost twice runs again alone, and one
 * that was lost while it ran alone has shown that it is the culprit. The rule is Sidekiq Pro’s poison pill, with a trial.
 * What had not begun, or was ended from outside, is innocent: it stays what it was.
 */
export function afterLoss(job: Lost, now: number): AfterLoss {
  const isAgain = job.onCrash !== 'dead' || !job.hasBegun
  const isInnocent = isAgain && (job.isEnding || !job.hasBegun)
  const losses = job.losses + (isInnocent ? 0 : 1)
  const failures = job.failures + (job.onCrash === 'fail' && !isInnocent ? 1 : 0)
  const counted = { losses, failures, suspect: false, waitMs: 0 }
  if (job.cancelRequested !== undefined)
    return { ...counted, state: 'cancelled', reason: job.cancelRequested }
  const dead = isInnocent ? expiredOf(job, now) : deathOf(job, failures, now)
  if (dead) return { ...counted, state: 'dead', reason: dead }
  if (job.replaced !== undefined) return { ...counted, state: 'cancelled', reason: job.replaced }
  if (isInnocent) return { ...counted, state: 'ready', suspect: job.suspect }
  const waitMs = lossDelayMs(losses)
  return { ...counted, state: waitMs > 0 ? 'scheduled' : 'ready', suspect: losses >= suspectLosses, waitMs }
}

function deathOf(job: Lost, failures: number, now: number): DeadReason | undefined {
  const { onCrash, suspect, maxAttempts } = job
  if (onCrash === 'dead') return 'crashed'
  if (suspect) return 'poison'
  return onCrash === 'fail' && failures >= maxAttempts ? 'exhausted' : expiredOf(job, now)
}

const expiredOf = ({ expiresAt }: Lost, now: number): DeadReason | undefined =>
  expiresAt !== undefined && expiresAt <= now ? 'expired' : undefined

/** What the history of a job says of its loss. */
export const lossText = (worker: string, cause: string, { hasBegun }: Pick<Lost, 'hasBegun'>): string =>
  `worker ${worker}: ${cause}${hasBegun ? '' : '; the job had not begun'}`

/** An isolate holds one job, so its crash concerns that job alone; it is tried as often as one that crashes its worker. */
export function afterCrash({ losses, suspect }: ClaimedJob): Pick<Settlement, 'move' | 'delayMs' | 'reason'> {
  if (suspect || losses >= suspectLosses) return { move: 'bury', reason: 'poison' satisfies DeadReason }
  return { move: 'lapse', delayMs: lossDelayMs(losses + 1) }
}

/** True when a settlement is counted as a loss. */
export const isLoss = ({ move, reason }: Settlement): boolean =>
  move === 'lapse' || (move === 'bury' && (reason === 'poison' || reason === 'crashed'))

/** True when the run went to its end without taking its worker down: a suspect is none any more. */
export const survives = ({ move }: Settlement): boolean => move === 'retry' || move === 'snooze'

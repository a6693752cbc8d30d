import { lossDelayMs } from './backoff.ts'
import type { ClaimedJob, DeadReason, OnCrash, Settlement } from './job.ts'

/** A job whose lease was taken away, as it was then. */
export interface Lost {
  readonly losses: number
  readonly failures: number
  readonly maxAttempts: number
  readonly onCrash?: OnCrash | undefined
  /** It was a suspect, so nothing else ran in the worker’s process. */
  readonly ranAlone: boolean
  readonly cancelRequested?: string | undefined
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

/**
 * Decides after a crash, which is a loss and no failure: a job lost once runs again, one lost twice runs again alone, and one
 * that was lost while it ran alone has shown that it is the culprit. The rule is Sidekiq Pro’s poison pill, with a trial.
 */
export function afterLoss(job: Lost, now: number): AfterLoss {
  const losses = job.losses + 1
  const failures = job.failures + (job.onCrash === 'fail' ? 1 : 0)
  const counted = { losses, failures, suspect: false, waitMs: 0 }
  if (job.cancelRequested !== undefined)
    return { ...counted, state: 'cancelled', reason: job.cancelRequested }
  const dead = deathOf(job, failures, now)
  if (dead) return { ...counted, state: 'dead', reason: dead }
  const waitMs = lossDelayMs(losses)
  return { ...counted, state: waitMs > 0 ? 'scheduled' : 'ready', suspect: losses >= suspectLosses, waitMs }
}

function deathOf({ onCrash, ranAlone, maxAttempts, expiresAt }: Lost, failures: number, now: number) {
  if (onCrash === 'dead') return 'crashed' satisfies DeadReason
  if (ranAlone) return 'poison' satisfies DeadReason
  if (onCrash === 'fail' && failures >= maxAttempts) return 'exhausted' satisfies DeadReason
  return expiresAt !== undefined && expiresAt <= now ? ('expired' satisfies DeadReason) : undefined
}

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

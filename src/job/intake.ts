import { showMs } from './duration.ts'
import type { Instant, Refusal } from './job.ts'

/** What a queue takes from producers at most; what it has already is never touched. */
export interface QueueLimits {
  /** Jobs that wait, whatever for: a newcomer beyond them is refused. */
  readonly maxWaiting?: number
  /** New jobs in a window of time, which begins with the first job after the window before. */
  readonly enqueueRate?: EnqueueRate
}
export interface EnqueueRate {
  readonly max: number
  readonly everyMs: number
}

/** How full a queue is, and how many jobs came in the window that began at `since`. */
export interface Intake {
  readonly waiting: number
  readonly since: Instant
  readonly used: number
}

/** A guess, for nobody knows when somebody will take a job out of a full queue. */
const fullRetryMs = 1_000

/** Why a new job is refused by the limits of its queue; `undefined` where there is room. */
export function turnedAway(
  queue: string,
  { maxWaiting, enqueueRate }: QueueLimits,
  { intake, now }: { readonly intake: Intake; readonly now: Instant },
): Refusal | undefined {
  if (maxWaiting !== undefined && intake.waiting >= maxWaiting)
    return { because: 'queue-full', queue, maxWaiting, retryAfterMs: fullRetryMs }
  if (!enqueueRate || !isInWindow(enqueueRate, intake, now) || intake.used < enqueueRate.max) return undefined
  const retryAfterMs = Math.ceil(intake.since + enqueueRate.everyMs - now)
  return { because: 'enqueue-rate', queue, ...enqueueRate, retryAfterMs }
}

/** The intake with one more job in it. */
export function takenIn({ enqueueRate }: QueueLimits, intake: Intake, now: Instant): Intake {
  const waiting = intake.waiting + 1
  if (!enqueueRate) return { ...intake, waiting }
  return isInWindow(enqueueRate, intake, now)
    ? { waiting, since: intake.since, used: intake.used + 1 }
    : { waiting, since: now, used: 1 }
}

/** A clock that was set back ends the window too: it must not shut the door for as long as that. */
const isInWindow = ({ everyMs }: EnqueueRate, { since, used }: Intake, now: Instant): boolean =>
  used > 0 && now >= since && now < since + everyMs

/** Limits in words, for people and the audit log. */
export function showLimits({ maxWaiting, enqueueRate }: QueueLimits): string {
  const parts = [
    maxWaiting !== undefined && `at most ${maxWaiting} waiting`,
    enqueueRate && `${enqueueRate.max} new jobs every ${showMs(enqueueRate.everyMs)}`,
  ]
  return parts.filter(Boolean).join(', ')
}

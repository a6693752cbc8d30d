import { showMs } from './duration.ts'
import type { Instant, Refusal } from './job.ts'

/** What a queue takes from producers at most; what it has already is never touched. */
export interface QueueLimits {
  /** Jobs that wait, whatever for: a newcomer beyond them is refused. */
  readonly maxWaiting?: number
  /** New jobs in any span of this length: never more, wherever it begins. */
  readonly enqueueRate?: EnqueueRate
}
export interface EnqueueRate {
  readonly max: number
  readonly everyMs: number
}

/** What code declared of a queue's limits last: as a digest, and when that release was deployed, where it said so. */
export interface DeclaredLimits {
  readonly digest: string
  readonly deployedAt?: Instant
}

/** A declaration without what it stands in the place of. */
export const declarationOf = ({ digest, deployedAt }: DeclaredLimits): DeclaredLimits => ({
  digest,
  ...(deployedAt !== undefined && { deployedAt }),
})

/** Jobs that came at one instant, or shortly before it. */
export interface Came {
  readonly at: Instant
  readonly n: number
}

/** How full a queue is, and which jobs came lately, the oldest first. */
export interface Intake {
  readonly waiting: number
  readonly came: readonly Came[]
  /** Jobs of the present call that were refused: they have the better right to the next places. */
  readonly turned?: number
}

/** A guess, for nobody knows when somebody will take a job out of a full queue. */
const fullRetryMs = 1_000

/** Entries of the log that a rate may have: with a larger `max`, instants that are close together share one. */
const logMax = 200

/** Why a new job is refused by the limits of its queue; `undefined` where there is room. */
export function turnedAway(
  queue: string,
  { maxWaiting, enqueueRate }: QueueLimits,
  { intake, now }: { readonly intake: Intake; readonly now: Instant },
): Refusal | undefined {
  if (maxWaiting !== undefined && intake.waiting >= maxWaiting)
    return { because: 'queue-full', queue, maxWaiting, retryAfterMs: fullRetryMs }
  const retryAfterMs = enqueueRate ? waitFor(enqueueRate, intake, now) : 0
  return enqueueRate && retryAfterMs > 0
    ? { because: 'enqueue-rate', queue, ...enqueueRate, retryAfterMs }
    : undefined
}

/** The intake with one more job in it. */
export function takenIn({ enqueueRate }: QueueLimits, intake: Intake, now: Instant): Intake {
  const waiting = intake.waiting + 1
  return { ...intake, waiting, ...(enqueueRate && { came: logged(enqueueRate, intake.came, now) }) }
}

/** The intake with one more job that was refused. */
export const turnedFrom = (intake: Intake): Intake => ({ ...intake, turned: (intake.turned ?? 0) + 1 })

/** How long until one more job fits, and those before it that were refused: until enough have left the window. */
function waitFor({ max, everyMs }: EnqueueRate, { came, turned = 0 }: Intake, now: Instant): number {
  const inside = within(everyMs, came, now)
  const used = inside.reduce((sum, { n }) => sum + n, 0)
  if (used < max) return 0
  let over = used + turned + 1 - max
  const last = inside.find(({ n }) => (over -= n) <= 0) ?? inside.at(-1)
  return Math.ceil((last?.at ?? now) + everyMs - now)
}

function logged({ max, everyMs }: EnqueueRate, came: readonly Came[], now: Instant): readonly Came[] {
  const inside = within(everyMs, came, now)
  const grainMs = max > logMax ? Math.ceil(everyMs / logMax) : 1
  const last = inside.at(-1)
  // Under the later instant, so that a job stays a little longer than it must, and never leaves too early.
  return last && Math.floor(last.at / grainMs) === Math.floor(now / grainMs)
    ? [...inside.slice(0, -1), { at: now, n: last.n + 1 }]
    : [...inside, { at: now, n: 1 }]
}

/** What a clock that was set back left in the future counts as of now: it must not shut the door for as long as that. */
const within = (everyMs: number, came: readonly Came[], now: Instant): readonly Came[] =>
  came.filter(({ at }) => at > now - everyMs).map(({ at, n }) => ({ at: Math.min(at, now), n }))

/** Limits in words, for people and the audit log. */
export function showLimits({ maxWaiting, enqueueRate }: QueueLimits): string {
  const parts = [
    maxWaiting !== undefined && `at most ${maxWaiting} waiting`,
    enqueueRate && `${enqueueRate.max} new jobs every ${showMs(enqueueRate.everyMs)}`,
  ]
  return parts.filter(Boolean).join(', ')
}

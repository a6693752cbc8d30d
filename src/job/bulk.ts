import type { KeyChange } from './unique.ts'
import type { Death, DeadFilter } from './dead.ts'
import type { Instant, Job } from './job.ts'

/** What a person wants done to many dead jobs: bring them back, or remove them. */
export interface BulkPlan {
  readonly id: string
  readonly kind: 'redrive' | 'purge'
  readonly filter: DeadFilter
  readonly by: string
  /** Jobs a second. Without it as fast as the store goes. */
  readonly perSecond?: number
  /** Ends after this many. */
  readonly limit?: number
  /** Waits after the first so many, until they are completed. */
  readonly canary?: number
  /** The queue that they go to instead of their own. */
  readonly to?: string
  /** Needs a function of the caller's, so that only the process that has it can drive it. */
  readonly needsCode?: boolean
  /** Names the process that drives it, to begin with. */
  readonly driver: string
}

/** A bulk operation as it stands. What it does is fixed at its start: jobs that die later are not taken. */
export interface Bulk extends BulkPlan {
  /** `canary`: waits for its first jobs. `stopped`: by a person, by a canary, or by the end of the process that had the code. */
  readonly state: BulkState
  /** How many jobs it will look at; an estimate where the filter asks for more than the groups tell. */
  readonly total: number
  readonly isEstimate: boolean
  readonly done: number
  /** No longer dead when their turn came. */
  readonly skipped: number
  /** Left dead, because the edit failed. */
  readonly failed: number
  /** Every death up to this one is dealt with. */
  readonly cursor: Death
  /** Later deaths are none of its business. */
  readonly upTo: Death
  /** The rate allows nothing before. */
  readonly nextAt: Instant
  /** Until then nobody else drives it. */
  readonly drivenUntil: Instant
  readonly startedAt: Instant
  readonly endedAt?: Instant
  /** Why it was stopped. */
  readonly note?: string
  /** Jobs that it waits for, or will wait for. */
  readonly canaries: readonly string[]
}
export type BulkState = 'running' | 'canary' | 'stopped' | 'done'

/** A dead job whose turn has come. */
export interface DeadJob {
  readonly id: string
  readonly death: Death
}

/** What an edit makes of a job that is brought back. */
export interface Rewritten {
  readonly payload?: string
  readonly version?: number
  readonly key?: KeyChange
}

/** One step of a bulk operation, written as a whole or not at all. */
export interface BulkStep {
  readonly id: string
  readonly driver: string
  /** The cursor that the step was made from: another one means that somebody else took it. */
  readonly from: Death
  readonly to: Death
  readonly jobs: readonly (DeadJob & Rewritten)[]
  readonly failed?: number
  /** Nothing comes after it. */
  readonly isEnd?: boolean
  /** What became of the canaries. */
  readonly canary?: 'passed' | 'failed'
  readonly note?: string
}

/** Jobs of one step. A step is one transaction, during which nobody else can write. */
export const stepMax = 200

/** A driver that was not heard of for this long has died: another one goes on. */
export const driveMs = 10_000

/** How many jobs a rate lets through in one go: a tenth of a second's, so that it is even. */
export const stepSize = ({ perSecond, limit, canary, done }: Bulk): number =>
  Math.min(
    stepMax,
    perSecond === undefined ? stepMax : Math.max(1, Math.ceil(perSecond / 10)),
    limit === undefined ? stepMax : limit - done,
    canary !== undefined && done < canary ? canary - done : stepMax,
  )

/**
 * How long the rate makes it wait. A wait that is longer than any step asks for is one by a clock that was set back.
 */
export function waitMs({ perSecond, nextAt }: Bulk, now: Instant): number {
  if (perSecond === undefined || nextAt <= now) return 0
  const longest = (Math.max(1, Math.ceil(perSecond / 10)) * 1_000) / perSecond
  return nextAt - now <= longest ? nextAt - now : 0
}

/** True while another process drives it. A hold that ends later than any could is one by a clock that was set back. */
export function isDriven({ drivenUntil }: Bulk, now: Instant): boolean {
  return drivenUntil > now && drivenUntil <= now + driveMs
}

/** The operation as others see it: one that needs the code of a process that has died is stopped. */
export function seenAt(bulk: Bulk, now: Instant): Bulk {
  const isOrphan = bulk.needsCode === true && isOpen(bulk.state) && !isDriven(bulk, now)
  return isOrphan ? { ...bulk, state: 'stopped', note: 'the process that had its code is gone' } : bulk
}

export const isOpen = (state: BulkState): boolean => state === 'running' || state === 'canary'

/**
 * Since when an operation is over, or stands still; one that needs code may stand still at any moment, and its time moves on
 * with each step. Absent for one that anybody may go on with.
 */
export const overAt = ({ state, needsCode, drivenUntil }: Bulk): Instant | undefined =>
  isOpen(state) && needsCode !== true ? undefined : drivenUntil

/** What stands in the way of a step: `stale`, it is not the turn of this step or of this driver; `early`, the rate. */
export function refusal(bulk: Bulk, step: BulkStep, now: Instant): 'stale' | 'early' | undefined {
  const mine = bulk.driver === step.driver || (bulk.needsCode !== true && !isDriven(bulk, now))
  if (!isOpen(bulk.state) || bulk.cursor !== step.from || !mine) return 'stale'
  const isMove = step.jobs.length > 0 || step.to > step.from
  if (isMove && bulk.state === 'canary') return 'stale'
  return step.jobs.length > 0 && waitMs(bulk, now) > 0 ? 'early' : undefined
}

/** The operation after a step that brought back, or removed, the jobs `revived`. */
export function afterStep(bulk: Bulk, step: BulkStep, revived: readonly string[], now: Instant): Bulk {
  const done = bulk.done + revived.length
  const { canary = 0, perSecond, limit } = bulk
  const isCanary = bulk.done < canary
  // A second may be made up for, no more: a driver that slept does not send a flood.
  const from = Math.min(Math.max(bulk.nextAt, now - 1_000), now)
  const nextAt = perSecond === undefined ? now : from + (step.jobs.length * 1_000) / perSecond
  const next = {
    ...bulk,
    done,
    skipped: bulk.skipped + step.jobs.length - revived.length,
    failed: bulk.failed + (step.failed ?? 0),
    cursor: step.to,
    nextAt: step.jobs.length > 0 ? nextAt : bulk.nextAt,
    driver: step.driver,
    drivenUntil: now + driveMs,
    canaries: isCanary && bulk.kind === 'redrive' ? [...bulk.canaries, ...revived] : bulk.canaries,
  }
  if (step.canary === 'failed') return stopped(next, step.note ?? 'a canary failed', now)
  if (bulk.state === 'canary')
    return step.canary === 'passed' ? { ...next, state: 'running', canaries: [] } : next
  if ((isCanary && done >= canary) || (step.isEnd && next.canaries.length > 0))
    return { ...next, state: 'canary' }
  if (step.isEnd || (limit !== undefined && done >= limit))
    return { ...next, state: 'done', endedAt: now, drivenUntil: now }
  return next
}

/** Stopped: the step after this one is refused, whoever takes it. */
export function stopped(bulk: Bulk, note: string, now: Instant): Bulk {
  return { ...bulk, state: 'stopped', note, drivenUntil: now }
}

/** Goes on, driven by the process that says so; a person who resumes has looked at the canaries. */
export function resumed({ note: _note, ...bulk }: Bulk, driver: string, now: Instant): Bulk {
  return { ...bulk, state: 'running', driver, drivenUntil: now + driveMs, canaries: [], nextAt: now }
}

/** What became of the canaries, as far as they are known; one that was removed is no witness. */
export function judge(jobs: readonly (Pick<Job, 'id' | 'state' | 'error'> | undefined)[]): {
  readonly canary?: 'passed' | 'failed'
  readonly note?: string
} {
  const bad = jobs.filter((job) => job?.state === 'dead' || job?.state === 'cancelled')
  if (bad.length > 0) {
    const why = bad[0]?.error?.message
    const note = `${bad.length} of ${jobs.length} canaries ended ${bad[0]?.state}${why ? `: ${why}` : ''}`
    return { canary: 'failed', note: note.slice(0, 500).toWellFormed() }
  }
  return jobs.every((job) => job === undefined || job.state === 'completed') ? { canary: 'passed' } : {}
}

import type { Instant, NewJob } from '../job/job.ts'
import type {
  Room,
  Schedule,
  ScheduleBody,
  Skip,
  SlotFacts,
  SlotRecord,
  SkipReason,
} from '../job/schedule.ts'

/**
 * The part of a store that keeps schedules. It knows no calendar: which instants are slots is decided outside, and
 * written here only while the schedule is still as it was when that was decided.
 */
export interface Schedules {
  /** Makes, changes or removes schedules, each only at the revision it is known by. Removing one cancels jobs that wait for its earlier ones. */
  set(changes: readonly ScheduleChange[]): Promise<readonly ('set' | 'stale')[]>
  /** By name. */
  list(page: SchedulePage): Promise<readonly Schedule[]>
  /** Schedules whose next slot has come, the most overdue first, by the store's clock. */
  due(limit: number): Promise<DueSchedules>
  /** For each: its jobs, its skips and its cursor in one atomic write, or nothing where it has changed meanwhile. */
  fire(firings: readonly Firing[]): Promise<readonly Fired[]>
  /** What became of its slots, newest first; the last 200 are kept. */
  history(name: string, limit: number): Promise<readonly SlotRecord[]>
}

export interface ScheduleChange {
  readonly name: string
  /** The revision that is to be changed; 0 where there is to be none yet. */
  readonly revision: number
  /** `null` removes it. */
  readonly to: (ScheduleBody & Pick<Schedule, 'cursorAt' | 'nextAt'>) | null
  /** For the audit log; a change that no person asked for has none. */
  readonly order?: { readonly by: string; readonly verb: string; readonly reason?: string }
  readonly skipped?: readonly Skip[]
}

export interface SchedulePage {
  /** Only these. */
  readonly names?: readonly string[]
  /** Only names after this one. */
  readonly after?: string
  readonly limit: number
}

export interface DueSchedules {
  readonly now: Instant
  readonly schedules: readonly Schedule[]
  /** When the next one that is not among these has its slot. */
  readonly nextDueAt?: Instant
}

export interface Firing {
  readonly name: string
  readonly revision: number
  /** Absent for a slot that somebody asked for: it moves no cursor. */
  readonly cursor?: { readonly to: Instant; readonly nextAt?: Instant }
  readonly slots: readonly { readonly facts: SlotFacts; readonly job: NewJob }[]
  readonly skipped: readonly Skip[]
  readonly room: Room
}

/** `stale`: the schedule is gone or has changed, or its slot is still to come; nothing was written. */
export type Fired =
  | { readonly outcome: 'stale' }
  | { readonly outcome: 'fired'; readonly slots: readonly SlotOutcome[] }
export interface SlotOutcome {
  readonly id: string
  readonly outcome: SlotRecord['outcome']
  readonly reason?: SkipReason
}

import type { ScheduleOptions } from '../define/schedule.ts'
import type { Overlap, SkipReason } from '../job/schedule.ts'
import { backfilling } from './backfills.ts'
import { scheduleBook } from './book.ts'
import { looking } from './looking.ts'
import { setting } from './setting.ts'
import type { SlotJobs } from './slot-jobs.ts'
import { steering } from './steering.ts'
import type { BackfillView, ScheduleView, SlotHistory } from './view.ts'
import type { Store } from '../store/index.ts'

export interface TriggerOptions {
  /** In place of the schedule's own. */
  readonly overlap?: Overlap
  /** In place of the schedule's own. */
  readonly input?: unknown
}

/** What came of a trigger: `held` waits for an earlier run, `skipped` was not made. */
export interface Triggered {
  readonly outcome: 'fired' | 'held' | 'skipped'
  readonly reason?: SkipReason
  /** The id of the job. */
  readonly job?: string
}

export interface BackfillOptions {
  /** The first instant of the range. */
  readonly from: Date
  /** The last instant of the range; not in the future. */
  readonly to: Date
  /** Jobs of this backfill at once. Default 1. */
  readonly concurrency?: number
  /** Slots whose job is still known: left alone (`none`, the default), run again where it did not complete (`failed`), or `all`. */
  readonly reprocess?: 'none' | 'failed' | 'all'
}

/** Schedules at run time, and a person's hand on those of code. */
export interface ScheduleControl {
  /** Makes a schedule, or changes one that was made so. @throws {Refused} LW2304 for one that code declares. */
  set<In>(name: string, options: ScheduleOptions<In>): Promise<ScheduleView>
  /** True when there was one. Its jobs stay, but those that wait for an earlier one. @throws {Refused} LW2304 while code declares it. */
  remove(name: string): Promise<boolean>
  /** No slot fires until `resume`; each is noted as skipped. Default reason: `paused by the application`. */
  pause(name: string, reason?: string): Promise<void>
  /** From the next slot on; with `catchUp` the slots of the pause are treated as missed. */
  resume(name: string, options?: { readonly catchUp?: boolean }): Promise<void>
  /** A job now, besides the calendar. It obeys the overlap policy. */
  trigger(name: string, options?: TriggerOptions): Promise<Triggered>
  /** Runs the slots of a range of the past, in the background, with a limit of its own. */
  backfill(name: string, options: BackfillOptions): Promise<BackfillView>
  backfills(name?: string): Promise<readonly BackfillView[]>
  /** Ends a backfill; jobs of it that run go on. True when there was one. */
  cancelBackfill(name: string, id: string): Promise<boolean>
  list(): Promise<readonly ScheduleView[]>
  get(name: string): Promise<ScheduleView | undefined>
  /** The next slots, whether it is paused or not. Default 5. */
  next(name: string, count?: number): Promise<readonly Date[]>
  /** What became of its slots, newest first; the last 200 are kept. Default 20. */
  history(name: string, options?: { readonly limit?: number }): Promise<readonly SlotHistory[]>
}

export interface ControlKit {
  open(): Promise<Store>
  newId(): string
  now(): number
  /** For the audit log. */
  readonly by: string
  readonly jobs: SlotJobs
  /** Something is due sooner than it was. */
  wake(): void
}

export function scheduleControl(kit: ControlKit): ScheduleControl {
  const book = scheduleBook(kit)
  return { ...setting(kit, book), ...steering(kit, book), ...backfilling(kit, book), ...looking(book) }
}

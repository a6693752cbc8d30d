import { defaults } from '../job/defaults.ts'

/** How often to look when nothing rings: while jobs come, after a second without one, after a quiet minute. */
export interface Pace {
  readonly busyMs: number
  readonly idleMs: number
  readonly quietMs: number
}

export interface Moment {
  /** Calls that failed in a row. */
  readonly errors: number
  /** Since the last job came. */
  readonly quietMs: number
  /** Until something falls due. */
  readonly dueMs: number
  readonly isBusy: boolean
}

/** How long to wait before the next look: until the next due time, and no longer than the pace of the moment. */
export function pauseMs(pace: Pace, { errors, quietMs, dueMs, isBusy }: Moment): number {
  if (errors > 0) return Math.min(1_000, 50 * 2 ** Math.min(errors, 6))
  const restMs = quietMs < defaults.quietAfterMs || isBusy ? pace.idleMs : pace.quietMs
  return Math.max(1, Math.min(quietMs < 1_000 ? pace.busyMs : restMs, dueMs))
}

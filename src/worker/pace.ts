import { defaults } from '../job/defaults.ts'
import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'

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
  // A store that is back is to have its first job done within two seconds.
  if (errors > 0) return Math.min(500, 50 * 2 ** Math.min(errors, 6))
  const restMs = quietMs < defaults.quietAfterMs || isBusy ? pace.idleMs : pace.quietMs
  return Math.max(1, Math.min(quietMs < 1_000 ? pace.busyMs : restMs, dueMs))
}

export interface PaceOptions {
  readonly lease?: Duration
  readonly beat?: Duration
  readonly abortGrace?: Duration
}

/** How often a worker beats and looks, and how long it waits. @throws {InvalidOption} LW1201 */
export function paceOf(options: PaceOptions, pollMs: number | undefined) {
  const leaseMs = toMs(options.lease ?? defaults.leaseMs, 'lease')
  const beatMs = toMs(options.beat ?? Math.min(defaults.beatMs, leaseMs / 5), 'beat')
  if (beatMs < 1 || beatMs * 3 > leaseMs)
    throw new InvalidOption('beat', options.beat ?? beatMs, 'at least 1 ms and at most a third of the lease')
  const poll = {
    busyMs: pollMs ?? defaults.pollBusyMs,
    idleMs: pollMs ?? defaults.pollIdleMs,
    quietMs: pollMs ?? defaults.pollQuietMs,
  }
  const abortGraceMs = toMs(options.abortGrace ?? defaults.abortGraceMs, 'abortGrace')
  return { leaseMs, beatMs, poll, abortGraceMs }
}

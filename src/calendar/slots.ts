import { InvalidOption } from '../job/errors.ts'
import type { Instant } from '../job/job.ts'
import type { When } from '../job/schedule.ts'
import { parseCron, type WallClockTimes } from './cron.ts'
import { type Stretch, stretchesFrom } from './zone.ts'

/** A calendar that names no instant for so long names none at all. Rare days of February come every 40 years at most. */
const horizonMs = 100 * 366 * 86_400_000

/** Slots after `after` and up to `until`, in order, at most `limit`. */
export function slotsAfter(
  when: When,
  after: Instant,
  { until = Infinity, limit }: { readonly until?: Instant; readonly limit: number },
): Instant[] {
  const found: Instant[] = []
  if (limit <= 0) return found
  for (const at of walk(when, after)) {
    if (at > until) break
    found.push(at)
    if (found.length >= limit) break
  }
  return found
}

/** The first slot after `after`; `undefined` when there is none in the next hundred years. */
export const nextSlot = (when: When, after: Instant): Instant | undefined =>
  slotsAfter(when, after, { limit: 1 })[0]

/** The slot before `at`, where the interval of the slot at `at` begins; `at` itself where there is none in 40 years. */
export function slotBefore(when: When, at: Instant): Instant {
  if ('everyMs' in when) return at - when.everyMs
  for (let spanMs = 120_000; spanMs < 1.3e12; spanMs *= 16) {
    const last = slotsAfter(when, at - spanMs, { until: at - 1, limit: Number.MAX_SAFE_INTEGER }).at(-1)
    if (last !== undefined) return last
  }
  return at
}

/** @throws {InvalidOption} LW1223 for a calendar that names no instant, such as 30 February. */
export function checkFires(when: When, { option, from }: { option: string; from: Instant }): void {
  if (nextSlot(when, from) !== undefined) return
  const value = 'cron' in when ? when.cron : when.everyMs
  throw new InvalidOption(
    option,
    value,
    'a time that comes: this one names no instant in the next hundred years',
    'LW1223',
  )
}

function* walk(when: When, after: Instant): Generator<Instant> {
  if ('cron' in when) return yield* walkCron(when, after)
  // Elapsed time from the anchor on, whatever the clocks show.
  const { everyMs, anchorAt } = when
  const first = anchorAt + Math.max(0, Math.floor((after - anchorAt) / everyMs) + 1) * everyMs
  for (let at = first; at <= after + horizonMs; at += everyMs) yield at
}

type CronWhen = Extract<When, { readonly cron: string }>

/**
 * Walks the stretches between two changes of the clocks. Inside of one the wall clock runs evenly, so its times are
 * instants; what a change leaves out or repeats is looked at where the stretch begins.
 */
function* walkCron(when: CronWhen, after: Instant): Generator<Instant> {
  const times = parseCron(when.cron, 'cron')
  let from = after
  search: for (;;) {
    for (const stretch of stretchesFrom(when.tz, from)) {
      const gap = gapSlot(when, times, stretch)
      if (gap !== undefined && gap > after) yield gap
      yield* within(times, stretch, firstWall(when, times, stretch, Math.max(after, gap ?? -Infinity)))
      const next = times.next(stretch.endAt + Math.min(stretch.offsetMs, 0) - marginMs)
      if (next === undefined || next > after + horizonMs) return
      // Years may lie between two times; their stretches need not be walked.
      if (next - marginMs > stretch.endAt) {
        from = next - marginMs
        continue search
      }
    }
  }
}

/** More than any zone is away from UTC, or has ever left out at once. */
const marginMs = 3 * 86_400_000

/** Where clocks went forward over one or more times: the first instant after them, unless these are to be left out. */
function gapSlot(
  when: CronWhen,
  times: WallClockTimes,
  { startAt, offsetMs, beforeMs }: Stretch,
): Instant | undefined {
  if (offsetMs <= beforeMs || times.isHourly || when.gap === 'skip') return undefined
  const lost = times.next(startAt + beforeMs - 1)
  return lost !== undefined && lost < startAt + offsetMs ? startAt : undefined
}

/** The wall time after which the stretch is searched: not what has passed, nor what clocks show again that went back. */
function firstWall(
  when: CronWhen,
  times: WallClockTimes,
  { startAt, offsetMs, beforeMs }: Stretch,
  after: Instant,
): number {
  const wall = Math.max(after, startAt - 1) + offsetMs
  const isFree = times.isHourly || when.repeat === 'both'
  return isFree ? wall : Math.max(wall, startAt + beforeMs - 1)
}

function* within(times: WallClockTimes, { endAt, offsetMs }: Stretch, wall: number): Generator<Instant> {
  for (let next = times.next(wall); next !== undefined && next - offsetMs < endAt; next = times.next(next))
    yield next - offsetMs
}

import { InvalidOption, nearest } from '../job/errors.ts'
import type { Instant } from '../job/job.ts'

/** A stretch of time in which a zone's clocks are this far ahead of UTC. */
export interface Stretch {
  readonly startAt: Instant
  /** The first instant that no longer belongs to it. */
  readonly endAt: Instant
  readonly offsetMs: number
  /** The offset until `startAt`: larger where clocks went back, smaller where they went forward. */
  readonly beforeMs: number
}

/** Checks a zone of the IANA database, as this Node knows it. @throws {InvalidOption} LW1222 */
export function checkZone(zone: unknown, option: string): string {
  if (typeof zone === 'string' && isZone(zone)) return zone
  const near = typeof zone === 'string' ? nearest(zone, Intl.supportedValuesOf('timeZone')) : undefined
  throw new InvalidOption(
    option,
    zone,
    `a time zone of the IANA database such as Europe/Oslo or UTC${near ? ` (did you mean ${near}?)` : ''}`,
    'LW1222',
  )
}

/** True for a zone that this Node knows. Bare offsets such as `+01:00` have no rules and are refused. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false
  try {
    clockOf(zone)
    return true
  } catch {
    return false
  }
}

/** Days are looked at twice: no zone has ever changed its offset and changed it back within twelve hours. */
const stepMs = 43_200_000
/** Stretches are found, and remembered, for so long at a time. */
const chunkMs = stepMs * 400
const chunksKept = 2_000

const chunks = new Map<string, readonly Stretch[]>()

/**
 * The stretches from the one that holds `at` on, without end. A stretch may be cut in two where nothing changes:
 * then `beforeMs` equals `offsetMs`.
 */
export function* stretchesFrom(zone: string, at: Instant): Generator<Stretch> {
  for (let chunk = Math.floor(at / chunkMs); ; chunk++)
    for (const stretch of stretchesOf(zone, chunk)) if (stretch.endAt > at) yield stretch
}

function stretchesOf(zone: string, chunk: number): readonly Stretch[] {
  const key = `${zone} ${chunk}`
  const known = chunks.get(key)
  if (known) return known
  if (chunks.size >= chunksKept) chunks.clear()
  const fresh = findStretches(zone, chunk * chunkMs)
  chunks.set(key, fresh)
  return fresh
}

function findStretches(zone: string, from: Instant): readonly Stretch[] {
  const offsetAt = clockOf(zone)
  const found: Stretch[] = []
  let startAt = from
  let [beforeMs, offsetMs] = [offsetAt(from - 1), offsetAt(from)]
  const add = (endAt: Instant): void => void found.push({ startAt, endAt, offsetMs, beforeMs })
  for (let at = from; at < from + chunkMs; at += stepMs) {
    const next = offsetAt(at + stepMs - 1)
    if (next === offsetMs) continue
    const changeAt = firstAt(at, at + stepMs - 1, (t) => offsetAt(t) !== offsetMs)
    add(changeAt)
    ;[startAt, beforeMs, offsetMs] = [changeAt, offsetMs, next]
  }
  add(from + chunkMs)
  return found
}

/** The first instant in (`low`, `high`] that is `past` the change; `high` is known to be. */
function firstAt(low: Instant, high: Instant, past: (at: Instant) => boolean): Instant {
  let [before, after] = [low - 1, high]
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (past(middle)) after = middle
    else before = middle
  }
  return after
}

const clocks = new Map<string, (at: Instant) => number>()

/** How far the zone's clocks are ahead of UTC at an instant, in milliseconds. Throws for a zone that is none. */
function clockOf(zone: string): (at: Instant) => number {
  const known = clocks.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const offsetAt = (at: Instant): number => {
    // Of the form 3/29/2026, 02:30:00.
    const [month, day, year, hour, minute, second] = (format.format(at).match(/\d+/g) ?? []).map(Number)
    const local = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second)
    return local - Math.floor(at / 1_000) * 1_000
  }
  offsetAt(0)
  clocks.set(zone, offsetAt)
  return offsetAt
}

import type { Clock } from '../job/clock.ts'
import { InvalidOption } from '../job/errors.ts'
import { checkKnown } from '../job/name.ts'

/** A clock that stands still until a test moves it. */
export interface VirtualClock extends Clock {
  /** `[now, monotonic]`, kept current, so that a store in another thread reads the same time. */
  readonly shared: SharedArrayBuffer
  /** Moves both clocks forward by `ms`, firing what falls due on the way, in order, and lets promises settle after each. */
  advance(ms: number): Promise<void>
  /** Moves only the wall clock, back too, as a corrected system clock does. Pending calls stay as far away as they were. */
  jump(ms: number): void
  /** Calls that are still to come. */
  readonly pending: number
}

export interface VirtualClockOptions {
  /** The first wall time: milliseconds since 1970, or a date text. Default 2026-01-01T00:00:00Z. */
  readonly now?: number | string
  /** The first monotonic time in milliseconds. Default 1,000,000, so that mixing the two clocks up shows. */
  readonly monotonic?: number
}

interface Timer {
  readonly dueAt: number
  readonly then: () => void
}

/**
 * A clock under a test's control. Nothing happens by itself: `advance` is the only thing that lets time pass.
 * @throws {InvalidOption} LW1201
 * @example
 * const clock = virtualClock({ now: '2026-03-01T12:00:00Z' })
 * clock.after(60_000, () => console.log('a minute later'))
 * await clock.advance(60_000)
 */
export function virtualClock(options: VirtualClockOptions = {}): VirtualClock {
  checkKnown(options, ['now', 'monotonic'], 'virtualClock option')
  const shared = new SharedArrayBuffer(16)
  const time = new Float64Array(shared)
  const timers = new Set<Timer>()
  time[WALL] = firstWall(options.now)
  time[MONOTONIC] = options.monotonic ?? 1_000_000
  const read = (hand: number): number => time[hand] as number

  function move(ms: number): void {
    time[WALL] = read(WALL) + ms
    time[MONOTONIC] = read(MONOTONIC) + ms
  }
  function after(ms: number, then: () => void): () => void {
    // Whole milliseconds, as real timers have them; fractions would let the two clocks drift apart.
    const timer = { dueAt: read(MONOTONIC) + Math.ceil(Math.max(0, ms)), then }
    timers.add(timer)
    return () => timers.delete(timer)
  }
  async function advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new InvalidOption('advance', ms, '0 ms or more: a clock goes forward only')
    const end = read(MONOTONIC) + ms
    await settled()
    for (let next = earliest(timers, end); next; next = earliest(timers, end)) {
      timers.delete(next)
      move(Math.max(0, next.dueAt - read(MONOTONIC)))
      next.then()
      await settled()
    }
    move(Math.max(0, end - read(MONOTONIC)))
    await settled()
  }
  return {
    now: () => read(WALL),
    monotonic: () => read(MONOTONIC),
    after,
    shared,
    advance,
    jump: (ms) => {
      time[WALL] = read(WALL) + ms
    },
    get pending() {
      return timers.size
    },
  }
}

const WALL = 0
const MONOTONIC = 1

/** A date can be no further from 1970, in milliseconds. */
const furthest = 8.64e15

function firstWall(now: unknown = '2026-01-01T00:00:00Z'): number {
  const ms = typeof now === 'string' ? Date.parse(now) : now
  if (typeof ms === 'number' && Math.abs(ms) <= furthest) return ms
  throw new InvalidOption(
    'now',
    now,
    "milliseconds since 1970, or a date text such as '2026-03-01T09:00:00Z'",
  )
}

/** The timer that falls due first, not after `end`; of two at once the one that was set first. */
function earliest(timers: ReadonlySet<Timer>, end: number): Timer | undefined {
  let first: Timer | undefined
  for (const timer of timers) if (timer.dueAt <= end && (!first || timer.dueAt < first.dueAt)) first = timer
  return first
}

/** Two turns of the event loop: every chain of promises that waits for nothing outside has run to its end by then. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}

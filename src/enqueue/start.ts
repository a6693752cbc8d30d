import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'

interface Start {
  readonly delay?: Duration
  readonly runAt?: Date
}

/** A clock read a moment ago may be behind one that is asked now, so this much past counts as now. */
const pastToleranceMs = 1_000

/** When a job may start, as the caller said it. @throws {InvalidOption} LW1201, LW1202 */
export function start({ delay, runAt }: Start, now: number): { delayMs?: number; runAt?: number } {
  if (delay !== undefined && runAt !== undefined)
    throw new InvalidOption('runAt', runAt, 'either delay or runAt, not both')
  if (delay !== undefined) return { delayMs: toMs(delay, 'delay') }
  if (runAt === undefined) return {}
  const at = runAt instanceof Date ? runAt.getTime() : Number.NaN
  if (Number.isNaN(at)) throw new InvalidOption('runAt', runAt, 'a valid Date', 'LW1202')
  if (at < now - pastToleranceMs)
    throw new InvalidOption(
      'runAt',
      runAt.toISOString(),
      `an instant from now (${new Date(now).toISOString()}) on; leave it out to run now`,
      'LW1202',
    )
  toMs(Math.max(0, at - now), 'runAt')
  return { runAt: at }
}

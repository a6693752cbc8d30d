import { type Duration, toMs } from './duration.ts'
import { InvalidOption } from './errors.ts'
import { checkKnown } from './name.ts'

/** How the wait before retry number `failures` (1 is the first) is spread, so that retries do not come in step. */
export type Jitter = 'full' | 'equal' | 'none'

/** The wait before the next attempt in milliseconds, from the number of failures so far (1 after the first). */
export type Backoff = (failures: number, random: () => number) => number

export interface Growth {
  /** Wait after the first failure. Default 1 s. */
  readonly min?: Duration
  /** No wait is longer. Default 1 h. */
  readonly max?: Duration
  /** `full`: anything from 0 to the wait (the default); `equal`: half of it plus anything up to the other half; `none`. */
  readonly jitter?: Jitter
}

/**
 * `min`, `min x factor`, `min x factor²`, … up to `max`. The default, with factor 2 and full jitter
 * (Brooker, "Exponential Backoff And Jitter", 2015).
 */
export function exponential(options: Growth & { readonly factor?: number } = {}): Backoff {
  checkKnown(options, ['min', 'max', 'jitter', 'factor'], 'backoff option')
  const { factor = 2, ...growth } = options
  if (!(factor >= 1 && factor <= 100))
    throw new InvalidOption('backoff.factor', factor, 'a number from 1 to 100')
  return grow(growth, (failures) => factor ** (failures - 1))
}

/** `min`, `2 x min`, `3 x min`, … up to `max`. */
export function linear(growth: Growth = {}): Backoff {
  checkKnown(growth, ['min', 'max', 'jitter'], 'backoff option')
  return grow(growth, (failures) => failures)
}

/** Always the same wait. Without jitter unless asked for. */
export function fixed(wait: Duration, options: { readonly jitter?: Jitter } = {}): Backoff {
  checkKnown(options, ['jitter'], 'backoff option')
  return grow({ min: wait, max: wait, jitter: options.jitter ?? 'none' }, () => 1)
}

/** A wait of your own for each failure, within 0 and a hundred years; a wrong answer counts as one second. */
export function custom(wait: (failures: number) => Duration): Backoff {
  if (typeof wait !== 'function')
    throw new InvalidOption('backoff', wait, 'a function of the failures so far')
  return tame((failures) => wait(failures) as number)
}

/** A backoff that always has an answer, whatever the one inside says or throws: a job must not hang on it. */
export function tame(backoff: Backoff): Backoff {
  return (failures, random) => {
    try {
      const wait: unknown = backoff(failures, random)
      // An async function where a plain one belongs: its rejection must not take the process down.
      if (wait instanceof Promise) wait.catch(() => {})
      return toMs(wait as number, 'backoff')
    } catch {
      return 1_000
    }
  }
}

function grow(
  { min = '1s', max = '1h', jitter = 'full' }: Growth,
  times: (failures: number) => number,
): Backoff {
  const minMs = toMs(min, 'backoff.min')
  const maxMs = toMs(max, 'backoff.max')
  if (minMs > maxMs) throw new InvalidOption('backoff.min', min, `at most backoff.max (${max})`)
  const spread = Object.hasOwn(spreads, jitter) ? spreads[jitter] : undefined
  if (!spread) throw new InvalidOption('backoff.jitter', jitter, 'full, equal or none')
  return (failures, random) => {
    // After some thousand failures the growth is infinite, and nothing times infinity is not a number.
    const grown = minMs * Math.min(Number.MAX_VALUE, times(Math.max(1, failures)))
    return Math.round(spread(Math.min(maxMs, grown), random))
  }
}

const spreads: Readonly<Record<Jitter, (ms: number, random: () => number) => number>> = {
  full: (ms, random) => ms * random(),
  equal: (ms, random) => ms / 2 + (ms / 2) * random(),
  none: (ms) => ms,
}

/** Wait before a job runs again after its worker was lost: none the first time, then 1 s doubling up to 5 min. */
export function lossDelayMs(losses: number): number {
  return losses <= 1 ? 0 : Math.min(300_000, 1_000 * 2 ** (losses - 2))
}

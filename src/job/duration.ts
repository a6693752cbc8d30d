import { InvalidOption } from './errors.ts'

/** A span of time: milliseconds as a number, or a number with its unit: `'250ms'`, `'30s'`, `'5m'`, `'6h'`, `'1d'`, `'2w'`. */
export type Duration = number | `${number}${Unit}`
export type Unit = keyof typeof unitMs

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** A hundred years: anything longer is a mistake in the unit. */
const longestMs = 100 * 365 * unitMs.d

/**
 * Milliseconds of a duration, rounded to a whole one.
 * @throws {InvalidOption} LW1201 when it is under `leastMs`, not finite, longer than 100 years or not a duration at all.
 */
export function toMs(value: Duration, option: string, leastMs = 0): number {
  const ms = Math.round((typeof value === 'number' ? value : parse(value)) ?? Number.NaN)
  if (ms >= leastMs && ms <= longestMs) return ms
  throw new InvalidOption(
    option,
    value,
    `a duration such as 250 (milliseconds), '30s', '5m', '6h' or '1d', from ${leastMs} ms to 100 years`,
  )
}

function parse(text: unknown): number | undefined {
  const match = typeof text === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text) : null
  return match ? Number(match[1]) * unitMs[match[2] as Unit] : undefined
}

/** A duration for people: `41s`, `3m20s`, `2h05m`, `4d`. */
export function showMs(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`
  const s = Math.round(ms / 1_000)
  if (s < 60) return `${s}s`
  if (s < 3_600) return s % 60 ? `${Math.floor(s / 60)}m${pad(s % 60)}s` : `${s / 60}m`
  const m = Math.round(s / 60)
  if (m < 2_880) return m % 60 ? `${Math.floor(m / 60)}h${pad(m % 60)}m` : `${m / 60}h`
  return `${Math.round(m / 1_440)}d`
}

const pad = (n: number) => String(n).padStart(2, '0')

import { InvalidOption } from './errors.ts'

/** How many in how long: `'50/s'`, `'3000/m'`, `'100/h'`, or a number a second. */
export type Rate = number | `${number}/${keyof typeof seconds}`

const seconds = { s: 1, m: 60, h: 3_600 } as const

/** A rate as a number a second. @throws {InvalidOption} LW1201 */
export function toPerSecond(rate: Rate, option: string): number {
  const perSecond = typeof rate === 'number' ? rate : parse(rate)
  if (perSecond !== undefined && perSecond >= 1 / 86_400 && perSecond <= 100_000) return perSecond
  throw new InvalidOption(
    option,
    rate,
    "a rate such as '50/s', '3000/m' or '100/h', from one a day to 100,000 a second",
  )
}

function parse(text: unknown): number | undefined {
  const match = typeof text === 'string' ? /^(\d+(?:\.\d+)?)\/(s|m|h)$/.exec(text) : null
  return match ? Number(match[1]) / seconds[match[2] as keyof typeof seconds] : undefined
}

import { InvalidOption } from './errors.ts'

/** Bytes, or a number with its unit: `'64kb'`, `'1.5mb'`, `'1GiB'`. A kb is 1,024 bytes, and so is a KiB. */
export type Size = number | `${number}${'b' | 'kb' | 'mb' | 'gb' | 'tb' | 'KiB' | 'MiB' | 'GiB' | 'TiB'}`

const units: Readonly<Record<string, number>> = {
  b: 1,
  k: 1_024,
  m: 1_024 ** 2,
  g: 1_024 ** 3,
  t: 1_024 ** 4,
}

/** Whole bytes. @throws {InvalidOption} LW1201 */
export function toBytes(value: unknown, option: string, [min, max]: readonly [number, number]): number {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(?:(b|[kmgt]b)|([KMGT])iB)$/.exec(value) : null
  const bytes =
    typeof value === 'number'
      ? value
      : Number(match?.[1]) * (units[(match?.[2] ?? match?.[3] ?? '').charAt(0).toLowerCase()] ?? Number.NaN)
  if (Number.isFinite(bytes) && bytes >= min && bytes <= max) return Math.floor(bytes)
  throw new InvalidOption(
    option,
    value,
    `bytes, or a size such as '64kb' or '8mb', from ${min} to ${max} bytes`,
  )
}

/** A size for people. */
export function showBytes(bytes: number): string {
  if (bytes < 1_048_576) return `${Math.ceil(bytes / 1_024)} kB`
  return bytes < 1_073_741_824
    ? `${(bytes / 1_048_576).toFixed(1)} MB`
    : `${(bytes / 1_073_741_824).toFixed(1)} GB`
}

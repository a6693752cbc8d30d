import { InvalidOption } from './errors.ts'

/** Bytes, or a number with its unit: `'64kb'`, `'1.5mb'`. A kb is 1,024 bytes. */
export type Size = number | `${number}b` | `${number}kb` | `${number}mb` | `${number}gb`

const units: Readonly<Record<string, number>> = { b: 1, kb: 1_024, mb: 1_048_576, gb: 1_073_741_824 }

/** Whole bytes. @throws {InvalidOption} LW1201 */
export function toBytes(value: unknown, option: string, [min, max]: readonly [number, number]): number {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(b|kb|mb|gb)$/.exec(value) : null
  const bytes =
    typeof value === 'number' ? value : Number(match?.[1]) * (units[match?.[2] ?? ''] ?? Number.NaN)
  if (Number.isFinite(bytes) && bytes >= min && bytes <= max) return Math.floor(bytes)
  throw new InvalidOption(
    option,
    value,
    `bytes, or a size such as '64kb' or '8mb', from ${min} to ${max} bytes`,
  )
}

import { InvalidOption } from './errors.ts'
import type { Instant } from './job.ts'

/** When a release was deployed: of two that declare something differently, the later one's word stands. @throws {InvalidOption} LW1201 */
export function toDeployedAt(value: Date | number | string | undefined): Instant | undefined {
  if (value === undefined) return undefined
  const at = new Date(value).getTime()
  if (Number.isNaN(at)) throw new InvalidOption('deployedAt', value, 'an instant, such as 2026-05-01T09:00Z')
  return at
}

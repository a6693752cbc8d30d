import type { schedules } from './cases.mjs'
interface Range {
  readonly from: number
  readonly to: number
  readonly stepMs?: number
}
export function compare(
  zone: string,
  cases: typeof schedules,
  range: Range,
): { readonly slots: number; readonly mismatches: readonly string[] }

import type { schedules } from './cases.mjs'
export function walkSlots(
  zone: string,
  cases: typeof schedules,
  range: { readonly from: number; readonly to: number; readonly stepMs?: number },
): readonly (readonly number[])[]

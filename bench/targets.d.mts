import type { Target } from './workloads.mjs'

export type Rows = readonly Readonly<Record<string, unknown>>[]
export type Results = Readonly<Record<string, Readonly<Record<string, Rows>>>>
export function judge(
  workload: string,
  of: { readonly engine: string; readonly results: Results },
): readonly {
  readonly text: string
  readonly value: number
  readonly met: boolean | undefined
  readonly isRatio: boolean
  readonly target: Target
}[]

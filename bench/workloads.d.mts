/** One bound, on a figure itself, on its ratio to a kind of system, or to the same figure of another workload. */
export interface Target {
  readonly of?: 'peer' | 'raw'
  readonly than?: string
  readonly figure?: string
  readonly atLeast?: number
  readonly atMost?: number
}
export const workloads: Readonly<
  Record<
    string,
    {
      readonly title: string
      readonly figure: { readonly name: string; readonly unit: string; readonly better: 'more' | 'less' }
      readonly without?: readonly string[]
      readonly targets?: Readonly<Record<string, readonly Target[]>>
    }
  >
>
export const quickNames: readonly string[]

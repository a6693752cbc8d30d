interface Case {
  readonly cron: string
  readonly gap: 'next' | 'skip'
  readonly repeat: 'first' | 'both'
}
export const zones: readonly string[]
export const schedules: readonly Case[]
export const secondly: readonly Case[]

/** One line of a history; README.md tells the fields. */
export interface HistoryEvent {
  readonly t: string
  readonly proc: string
  readonly pid: number
  readonly n: number
  readonly f: string
  readonly ty: 'invoke' | 'ok' | 'info' | 'fail'
  readonly job?: string
  readonly fence?: number
  readonly attempt?: number
  readonly worker?: string
  readonly outcome?: string
  readonly v?: Readonly<Record<string, unknown>>
}
export interface Violation {
  readonly rule: string
  readonly job?: string
  readonly says: string
  readonly history: readonly HistoryEvent[]
}
/** Every broken rule, with the history of the job it concerns. */
export function check(events: readonly HistoryEvent[]): Violation[]
/** Figures of a history. */
export function summary(events: readonly HistoryEvent[]): Record<string, number>
/** All events of the files. */
export function read(files: readonly string[]): Promise<HistoryEvent[]>
export const ruleNames: readonly string[]

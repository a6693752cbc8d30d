import type { Store } from 'legwork/store'

export interface History {
  next(): number
  write(lines: readonly object[]): void
}
export function historyFile(path: string, proc: string): History
/** Wraps a store so that each call of the hot path is written down. */
export function recording(store: Store, history: History): Store
/** Everything that is in the store, for the checker. */
export function dump(store: Store, history: History): Promise<void>

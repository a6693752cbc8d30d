import type { Settlement } from '../../job/job.ts'
import { isFinal, type State } from '../../job/state.ts'
import { holdsUntil, keyState, replacedBy } from '../../job/unique.ts'
import type { Row, Tables } from './tables.ts'

/**
 * A row lets its key go without a word: the key is held by the row that had it last, while its state and the time allow.
 * So nothing can leak.
 */
export function holderOf(s: Tables, key: string): Row | undefined {
  const row = s.keys.get(key)
  const { unique } = row?.job ?? {}
  return row && unique?.states.includes(stateNow(s, row)) && isInTime(s, row) ? row : undefined
}

/** The state of a row as far as its key goes. */
export const stateNow = ({ clock }: Tables, { state, expiresAt }: Row): State =>
  keyState({ state, expiresAt }, clock.now())

const isInTime = (s: Tables, { job, createdAt }: Row): boolean =>
  job.unique !== undefined && holdsUntil(job.unique, createdAt) > s.clock.now()

/** The other job that holds this row's unique key, if the row would hold it now. */
export function twinOf(s: Tables, row: Row): Row | undefined {
  const twin = isInTime(s, row) ? holderOf(s, row.job.unique?.key ?? '') : undefined
  return twin === row ? undefined : twin
}

/** After a move: who comes back into line has its key again, unless its time is over or a twin holds it. */
export function holdKey(s: Tables, row: Row, from: State): void {
  if (!isFinal(row.state) && (from === 'running' || isFinal(from))) takeKey(s, row)
}

export function takeKey(s: Tables, row: Row): void {
  if (row.job.unique && isInTime(s, row) && !twinOf(s, row)) s.keys.set(row.job.unique.key, row)
}

/** For a row that is removed. */
export function dropKey(s: Tables, { job }: Row): void {
  if (job.unique && s.keys.get(job.unique.key)?.job.id === job.id) s.keys.delete(job.unique.key)
}

/** A job that comes back into line where a newer twin holds its key is cancelled instead. */
export function yieldToTwin(s: Tables, row: Row, move?: Settlement['move']): void {
  if (move === 'cancel' || row.job.unique?.states.includes('running')) return
  const twin = twinOf(s, row)
  if (twin) row.cancelRequested ??= replacedBy(twin.job.id)
}

import { isFinal, type State } from '../../job/state.ts'
import { holdsUntil, type KeyChange, keyState, replacedBy } from '../../job/unique.ts'
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

const keyAfter = ({ job: { unique } }: Row, change: KeyChange | undefined): string | undefined =>
  unique && change?.from === unique.key ? change.to : unique?.key

/** The other job that holds this row's unique key, or what an edit makes of it, if the row would hold it now. */
export function twinOf(s: Tables, row: Row, change?: KeyChange): Row | undefined {
  const twin = isInTime(s, row) ? holderOf(s, keyAfter(row, change) ?? '') : undefined
  return twin === row ? undefined : twin
}

/** The other job that holds the key that an edit would have this row hold in its present state. */
export const editTwin = (s: Tables, row: Row, change: KeyChange): Row | undefined =>
  row.job.unique?.states.includes(row.state) && keyAfter(row, change) !== row.job.unique.key
    ? twinOf(s, row, change)
    : undefined

/** Gives a row the key that an edit has made; it holds it where its state says so. */
export function changeKey(s: Tables, row: Row, change: KeyChange): void {
  const { unique } = row.job
  const key = keyAfter(row, change)
  if (!unique || key === undefined || key === unique.key) return
  dropKey(s, row)
  row.job = { ...row.job, unique: { ...unique, key } }
  if (unique.states.includes(row.state)) takeKey(s, row)
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
export function yieldToTwin(s: Tables, row: Row): void {
  if (row.job.unique?.states.includes('running')) return
  const twin = twinOf(s, row)
  if (twin) row.cancelRequested ??= replacedBy(twin.job.id)
}

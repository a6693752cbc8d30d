import type { FinalState, State } from '../../job/state.ts'
import { type KeyChange, keptUntil, keyState, replacedBy } from '../../job/unique.ts'
import type { Ticket } from './ending.ts'
import type { Engine } from './engine.ts'
import { codeOf, stateOf } from '../../store/codes.ts'

export { bitsOf } from '../../store/codes.ts'

/**
 * A job lets its key go without a word: the key is held by the job that had it last, while its state and the time allow.
 * So a claim, a settle and a cancel write nothing about keys, and nothing can leak.
 */
interface KeyRow {
  readonly until_ms: number | null
  /** Bit n: the job holds its key in state n. */
  readonly states: number
  readonly state: number
  /** Of a job that waits. */
  readonly expires_at_ms: number | null
}

const holdsIn = (bits: number, state: State): boolean => (bits & (1 << codeOf[state])) !== 0

const isOver = (until: number | null, now: number): boolean => until !== null && until <= now

/** The state of a job as far as its key goes. */
export const stateNow = (
  { state, expires_at_ms: expiresAt }: Pick<KeyRow, 'state' | 'expires_at_ms'>,
  now: number,
): State => keyState({ state: stateOf(state), expiresAt }, now)

export const holds = (row: KeyRow, now: number): boolean =>
  !isOver(row.until_ms, now) && holdsIn(row.states, stateNow(row, now))

/** The columns of `unique-own.sql`. */
interface Own {
  readonly until_ms: number | null
  readonly held: number
  readonly other_seq: number | null
  readonly other_id: string
  readonly other_until_ms: number | null
  readonly other_states: number
  readonly other_state: number
  readonly other_expires_at_ms: number | null
}

interface When {
  readonly e: Engine
  readonly now: number
}

const ownKey = (e: Engine, seq: number): Own | undefined =>
  e.statement('uniqueOwn').get(seq) as Own | undefined

const isOther = (own: Own, now: number): boolean => own.other_seq !== null && holds(otherOf(own), now)

const otherOf = (own: Own): KeyRow => ({
  until_ms: own.other_until_ms,
  states: own.other_states,
  state: own.other_state,
  expires_at_ms: own.other_expires_at_ms,
})

/** The columns of `unique-with.sql`. */
interface Changing extends Own {
  readonly states: number
  /** 1 where the job has the key that is to change. */
  readonly changes: number
}

const withChange = (e: Engine, seq: number, { from, to }: KeyChange): Changing | undefined =>
  e.statement('uniqueWith').get(seq, from, to) as Changing | undefined

/** The other job that holds the key that an edit would have this job hold in its present state. */
export function editTwin({ e, now }: When, seq: number, { key, state }: Edited): string | undefined {
  const own = key.from === key.to ? undefined : withChange(e, seq, key)
  if (own?.changes !== 1 || !holdsIn(own.states, state) || isOver(own.until_ms, now)) return undefined
  return isOther(own, now) ? own.other_id : undefined
}

interface Edited {
  readonly key: KeyChange
  /** The job's own. */
  readonly state: State
}

/** Gives a job the key that an edit has made; it holds it where its state says so. */
export function changeKey({ e, now }: When, seq: number, { key, state }: Edited): void {
  const own = key.from === key.to ? undefined : withChange(e, seq, key)
  if (own?.changes !== 1) return
  e.statement('uniqueChange').run(seq, key.to)
  if (!holdsIn(own.states, state) || isOver(own.until_ms, now) || isOther(own, now)) return
  if (own.other_seq !== null) take(e, [own.other_seq])
  e.statement('uniqueGive').run(seq)
}

/** The id of the job that holds this job's key, or what an edit makes of it, if this one would hold it now. */
export function twinOf({ e, now }: When, seq: number, change?: KeyChange): string | undefined {
  const own = change ? withChange(e, seq, change) : ownKey(e, seq)
  return own && !isOver(own.until_ms, now) && isOther(own, now) ? own.other_id : undefined
}

/** A job that comes back into line where a newer twin holds its key is to be cancelled instead. */
export function yieldToTwin(when: When, ticket: Ticket): Ticket {
  if (ticket.unique_states === null || holdsIn(ticket.unique_states, 'running')) return ticket
  const twin = ticket.cancel_reason === null ? twinOf(when, ticket.seq) : undefined
  return twin === undefined ? ticket : { ...ticket, cancel_reason: replacedBy(twin) }
}

/** A job that came back into line has its key again, unless its time is over or a twin holds it. */
export function takeKeyAgain({ e, now }: When, seq: number): void {
  const own = ownKey(e, seq)
  if (!own || own.held === 1 || isOver(own.until_ms, now) || isOther(own, now)) return
  if (own.other_seq !== null) take(e, [own.other_seq])
  e.statement('uniqueGive').run(seq)
}

/** Takes keys away from jobs that do not hold them any more, for others to have them. */
export function take(e: Engine, seqs: readonly number[]): void {
  if (seqs.length > 0) e.statement('uniqueTake').run(JSON.stringify(seqs))
}

/** A finished job is kept as long as it holds its key for a time. */
export function keepWithKey(
  e: Engine,
  { ticket, state, keep }: { ticket: Ticket; state: FinalState; keep: number | null },
): number | null {
  if (!holdsIn(ticket.unique_states ?? 0, state)) return keep
  const held = ownKey(e, ticket.seq)?.until_ms ?? Infinity
  return keptUntil(keep ?? undefined, held) ?? null
}

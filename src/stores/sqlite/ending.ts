import { defaults } from '../../job/defaults.ts'
import type { Attempt, ErrorInfo } from '../../job/job.ts'
import { isSlotId } from '../../job/schedule.ts'
import type { FinalState } from '../../job/state.ts'
import { died, type Dying } from './dead.ts'
import type { Value } from './driver.ts'
import { type Engine, newTally, type Tally } from './engine.ts'
import { keepWithKey, takeKeyAgain, yieldToTwin } from './keys.ts'
import { weighFinals } from './retain.ts'
import { codeOf, outcomes, retention } from './row.ts'
import { admit, slotOver } from './slots.ts'

/** A live job, without what the producer said: the columns of the `ticket-*.sql` reads. */
export interface Ticket {
  readonly id: string
  readonly retain: string | null
  readonly priority: number
  readonly seq: number
  readonly state: number
  readonly queue_id: number
  readonly available_at_ms: number
  readonly fence: number
  readonly attempt: number
  readonly failures: number
  readonly losses: number
  readonly snoozes: number
  readonly releases: number
  readonly holder_id: number | null
  readonly expires_at_ms: number | null
  readonly started_at_ms: number | null
  readonly cancel_reason: string | null
  readonly progress: string | null
  readonly log_lines: number | null
  readonly log_bytes: number | null
  /** The states in which it holds its unique key, as bits; null when it has none. */
  readonly unique_states: number | null
}

/** What every change of a batch shares: one instant, one count, and rows that are written together by `write`. */
export interface Change {
  readonly e: Engine
  readonly now: number
  readonly tally: Tally
  readonly attempts: Value[][]
  readonly histories: Value[][]
  /** seqs of jobs that became final. */
  readonly finals: number[]
  /** Schedules of which a job became final. */
  readonly schedules: Set<number>
  readonly dying: Dying[]
}

export const newChange = (e: Engine): Change => ({
  e,
  now: e.time.now(),
  tally: newTally(e),
  attempts: [],
  histories: [],
  finals: [],
  schedules: new Set(),
  dying: [],
})

/** Writes what the batch has gathered so far. */
export function write(change: Change): void {
  const { e, tally, attempts, histories, finals, schedules, dying } = change
  e.insert('attemptAdd', attempts.splice(0))
  e.insert('historyAdd', histories.splice(0))
  if (finals.length > 0) {
    const seqs = JSON.stringify(finals.splice(0))
    e.statement('dropTicket').run(seqs)
    weighFinals(e, () => seqs)
  }
  died(e, change.now, dying.splice(0))
  for (const id of schedules) admit(e, id, change)
  schedules.clear()
  tally.write()
}

/** How a lease ended, as it goes into the attempt. */
export interface Ended {
  readonly outcome: Attempt['outcome']
  readonly digest: string | null
  readonly reason?: string | undefined
  readonly error?: ErrorInfo | undefined
}

/** Notes the attempt of a running job, once: the columns of attempt-add.sql. */
export function endAttempt(
  { now, attempts }: Change,
  ticket: Ticket,
  { outcome, digest, reason, error }: Ended,
): void {
  attempts.push([
    ticket.seq,
    ticket.fence,
    ticket.attempt,
    ticket.holder_id,
    outcomes.indexOf(outcome),
    ticket.started_at_ms ?? now,
    now,
    digest,
    reason || null,
    error?.fingerprint ?? null,
    error ? JSON.stringify(error) : null,
    ticket.progress,
  ])
}

export interface End {
  readonly state: FinalState
  readonly reason?: string | undefined
  readonly result?: string | undefined
  readonly error?: ErrorInfo | undefined
}

/** Moves a live job into the history, with the counters that `ticket` carries: the columns of history-add.sql. */
export function finish(change: Change, ticket: Ticket, { state, reason, result, error }: End): void {
  const { e, now, tally, histories, finals, schedules, dying } = change
  const keepMs = retention(ticket.retain)[state]
  const keep = keepMs === null ? null : now + keepMs
  histories.push([
    ticket.seq,
    codeOf[state],
    ticket.queue_id,
    ticket.available_at_ms,
    now,
    ticket.unique_states === null ? keep : keepWithKey(e, { ticket, state, keep }),
    ticket.fence,
    ticket.attempt,
    ticket.failures,
    ticket.losses,
    ticket.snoozes,
    ticket.releases,
    reason ?? null,
    result ?? null,
  ])
  finals.push(ticket.seq)
  if (isSlotId(ticket.id)) slotOver(e, ticket.seq, schedules)
  if (state === 'dead') dying.push({ seq: ticket.seq, queue_id: ticket.queue_id, reason, error })
  tally.add(ticket.queue_id, ticket.state, -1)
  tally.add(ticket.queue_id, codeOf[state], 1)
}

/** A job that is to come back into line; asked to cancel instead where a newer twin holds its key. */
export function comingBack(change: Change, ticket: Ticket): Ticket {
  if (ticket.unique_states === null) return ticket
  // What the batch has ended so far holds no key any more.
  write(change)
  return yieldToTwin(change, ticket)
}

/** Sends a running job back into the line at once, with the counters and the time that `ticket` carries. */
export function wait(change: Change, ticket: Ticket, to: 'ready' | 'scheduled'): void {
  const { e, tally } = change
  e.statement('ticketWait').run(
    ticket.seq,
    codeOf[to],
    ticket.available_at_ms + ticket.priority * defaults.ageStepMs,
    ticket.available_at_ms,
    ticket.fence,
    ticket.failures,
    ticket.losses,
    ticket.snoozes,
    ticket.releases,
  )
  if (ticket.unique_states !== null) takeKeyAgain(change, ticket.seq)
  tally.add(ticket.queue_id, ticket.state, -1)
  tally.add(ticket.queue_id, codeOf[to], 1)
}

import type { Settled, Settlement, WorkerId } from '../../job/job.ts'
import { digest, stateAfter } from '../../job/settle.ts'
import { isFinal } from '../../job/state.ts'
import { type Change, endAttempt, finish, type Ticket, wait } from './ending.ts'
import { type Engine, newTally } from './engine.ts'
import { isAboutValues } from './faults.ts'
import { findWorker, type Lease } from './lease.ts'
import { codeOf } from './row.ts'

/** Writes endings already decided; whoever no longer holds the job changes nothing. */
export function settle(e: Engine, worker: WorkerId, settlements: readonly Settlement[]): Settled[] {
  const lease = findWorker(e, worker)
  const change = { e, now: e.time.now(), tally: newTally(e) }
  const answers = settlements.map((settlement) => settleOne(change, lease, settlement))
  change.tally.write()
  return answers
}

/** The row of `ticket-by-id.sql`: the ticket's columns are null when the job is final. */
interface Found extends Omit<Ticket, 'state'> {
  readonly job_seq: number
  readonly state: number | null
}

/** The ticket that the holder of `(worker, fence)` may write to; otherwise why not. The fence of every write by a worker. */
export function heldTicket(
  e: Engine,
  lease: Lease | undefined,
  { id, fence }: { id: string; fence: number },
): Ticket | 'gone' | number {
  const found = e.statement('ticketById').get(id) as Found | undefined
  if (!found) return 'gone'
  const holds =
    lease?.held && found.state === codeOf.running && found.holder_id === lease.id && found.fence === fence
  // The state is checked, so the ticket's columns are there.
  return holds ? (found as Ticket) : found.job_seq
}

function settleOne(change: Change, lease: Lease | undefined, settlement: Settlement): Settled {
  const ticket = heldTicket(change.e, lease, settlement)
  if (ticket === 'gone') return 'gone'
  if (typeof ticket === 'number') return seenBefore(change.e, { seq: ticket, lease, settlement })
  try {
    apply(change, ticket, settlement)
  } catch (error) {
    if (!isAboutValues(error)) throw error
    undo(change.e, ticket)
    apply(change, ticket, unwritable(settlement, error))
  }
  return 'applied'
}

function apply(change: Change, ticket: Ticket, settlement: Settlement): void {
  const { move, error, reason, result } = settlement
  const cancelled = ticket.cancel_reason !== null
  const to = stateAfter(settlement, cancelled)
  const waitMs = Math.ceil(settlement.delayMs ?? 0)
  // A job that was released at once keeps its place in the line.
  const moves = !isFinal(to) && (waitMs > 0 || move !== 'release')
  const next = {
    ...ticket,
    ...count(ticket, settlement),
    ...(moves && { available_at_ms: change.now + waitMs }),
  }
  endAttempt(change, ticket, { outcome: move, digest: digest(settlement), reason, error })
  if (to === 'ready' || to === 'scheduled') return wait(change, next, to)
  if (!isFinal(to)) throw new TypeError(`a settlement leads to ${to}`)
  finish(change, next, {
    state: to,
    result,
    reason: to === 'cancelled' ? (ticket.cancel_reason ?? reason) : reason,
  })
}

function count(ticket: Ticket, { move, error }: Settlement): Partial<Ticket> {
  if (move === 'retry' || (move === 'bury' && error)) return { failures: ticket.failures + 1 }
  if (move === 'snooze') return { snoozes: ticket.snoozes + 1 }
  if (move === 'release') return { releases: ticket.releases + 1 }
  return {}
}

function seenBefore(
  e: Engine,
  { seq, lease, settlement }: { seq: number; lease: Lease | undefined; settlement: Settlement },
): Settled {
  if (!lease) return 'stale'
  const seen = e.statement('attemptSeen').get(seq, settlement.fence, lease.id) as
    | { digest: string | null }
    | undefined
  if (!seen || seen.digest === null) return 'stale'
  return seen.digest === digest(settlement) ? 'applied' : 'conflict'
}

/** Takes back what a settlement had written before one of its values was refused; the tally is added to last. */
function undo(e: Engine, { seq, fence }: Ticket): void {
  e.statement('attemptUndo').run(seq, fence)
}

/** A settle can always be recorded: values that SQLite refuses become the reason why the job is dead. */
function unwritable({ id, fence }: Settlement, cause: unknown): Settlement {
  const message = `the settlement could not be written: ${cause instanceof Error ? cause.message : String(cause)}`
  return {
    id,
    fence,
    move: 'bury',
    reason: 'discarded',
    error: { name: 'UnwritableSettlement', message, fingerprint: 'unwritable-settlement' },
  }
}

import { defaults } from '../../job/defaults.ts'
import type { Attempt, ErrorInfo } from '../../job/job.ts'
import type { FinalState } from '../../job/state.ts'
import type { Engine, Tally } from './engine.ts'
import { codeOf, outcomes, retention } from './row.ts'

/** The columns of the `ticket-*.sql` reads: a live job, without what the producer said. */
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
}

/** What every change of a batch shares: one instant, one count. */
export interface Change {
  readonly e: Engine
  readonly now: number
  readonly tally: Tally
}

/** How a lease ended, as it goes into the attempt. */
export interface Ended {
  readonly outcome: Attempt['outcome']
  readonly digest: string | null
  readonly reason?: string | undefined
  readonly error?: ErrorInfo | undefined
}

/** Writes the attempt of a running job, once. */
export function endAttempt(
  { e, now }: Change,
  ticket: Ticket,
  { outcome, digest, reason, error }: Ended,
): void {
  e.statement('attemptAdd').run(
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
  )
}

/** Moves a live job into the history, with the counters that `ticket` carries. */
export function finish(
  change: Change,
  ticket: Ticket,
  end: { state: FinalState; reason?: string | undefined; result?: string | undefined },
): void {
  const { e, now, tally } = change
  const keepMs = retention(ticket.retain)[end.state]
  e.statement('historyAdd').run(
    ticket.seq,
    codeOf[end.state],
    ticket.queue_id,
    ticket.available_at_ms,
    now,
    keepMs === null ? null : now + keepMs,
    ticket.fence,
    ticket.attempt,
    ticket.failures,
    ticket.losses,
    ticket.snoozes,
    ticket.releases,
    end.reason ?? null,
    end.result ?? null,
  )
  e.statement('ticketRemove').run(ticket.seq)
  tally.add(ticket.queue_id, ticket.state, -1)
  tally.add(ticket.queue_id, codeOf[end.state], 1)
}

/** Sends a running job back into the line, with the counters and the time that `ticket` carries. */
export function wait({ e, tally }: Change, ticket: Ticket, to: 'ready' | 'scheduled'): void {
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
  tally.add(ticket.queue_id, ticket.state, -1)
  tally.add(ticket.queue_id, codeOf[to], 1)
}

import type { Settled, Settlement, WorkerId } from '../../job/job.ts'
import { goesElsewhere } from '../../job/elsewhere.ts'
import { isLoss, survives } from '../../job/loss.ts'
import { comesBack, digest, isFailure, stateAfter } from '../../job/settle.ts'
import { isFinal } from '../../job/state.ts'
import { type Ended, type Endings, restOf, unbundle } from './crossing/endings.ts'
import { type Change, comingBack, endAttempt, finish, newChange, type Ticket, wait, write } from './ending.ts'
import { processOf, sendElsewhere } from './elsewhere.ts'
import type { Engine } from './engine.ts'
import { findWorker, type Lease } from './lease.ts'
import { attemptOr, NotThisWay } from './savepoint.ts'
import { settleDone } from './settle-done.ts'
import { clearSuspect } from './suspects.ts'
import { type Found, heldTicket, ticketsOf } from './ticket.ts'

/** Writes endings already decided; whoever no longer holds the job changes nothing. */
export function settle(e: Engine, worker: WorkerId, endings: Endings): Ended {
  if (endings.n === 0) return { applied: 0 }
  const lease = findWorker(e, worker)
  if (!lease?.held || !settlesDone(e, lease, endings))
    return { each: settleApart(e, lease, unbundle(endings)) }
  const rest = restOf(endings)
  if (rest.length === 0) return { applied: endings.n }
  const each = new Array<Settled>(endings.n).fill('applied')
  const answers = settleApart(
    e,
    lease,
    rest.map(([, one]) => one),
  )
  for (const [i, [place]] of rest.entries()) each[place] = answers[i] as Settled
  return { each }
}

/** True when what is simply done was written at once; false when nothing was, and each must be looked at. */
function settlesDone(e: Engine, lease: Lease, endings: Endings): boolean {
  if (endings.doneCount === 0) return true
  return attemptOr(
    e,
    () => {
      if (!settleDone(e, lease, endings)) throw new NotThisWay()
      return true
    },
    () => false,
  )
}

/** Looks at each of them. */
export function settleApart(
  e: Engine,
  lease: Lease | undefined,
  settlements: readonly Settlement[],
): Settled[] {
  if (settlements.length === 0) return []
  return attemptOr(
    e,
    () => settleAll(e, lease, settlements),
    () =>
      // One of them cannot be written, which must not fail the others.
      settlements.map(
        (one) =>
          attemptOr(
            e,
            () => settleAll(e, lease, [one]),
            (error) => settleAll(e, lease, [unwritable(one, error)]),
          )[0] as Settled,
      ),
  )
}

function settleAll(e: Engine, lease: Lease | undefined, settlements: readonly Settlement[]): Settled[] {
  const change = newChange(e)
  const found = ticketsOf(e, settlements)
  const seen = new Set<string>()
  const answers = settlements.map((settlement, i) => {
    const again = seen.has(settlement.id)
    seen.add(settlement.id)
    // A second word about the same job meets what the first one has left.
    if (again) write(change)
    return settleOne(change, { lease, found: again ? ticketsOf(e, [settlement])[0] : found[i], settlement })
  })
  write(change)
  return answers
}

interface Item {
  readonly lease: Lease | undefined
  readonly found: Found | undefined
  readonly settlement: Settlement
}

function settleOne(change: Change, { lease, found, settlement }: Item): Settled {
  if (!found) return 'gone'
  const ticket = heldTicket(found, lease, settlement.fence)
  if (!ticket) return seenBefore(change.e, { lease, found, settlement })
  apply(change, comesBack(settlement) ? comingBack(change, ticket) : ticket, settlement)
  return 'applied'
}

function apply(change: Change, ticket: Ticket, settlement: Settlement): void {
  const { move, error, reason, result } = settlement
  const to = stateAfter(settlement, ticket.cancel_reason !== null)
  const waitMs = Math.ceil(settlement.delayMs ?? 0)
  // A job that was released at once keeps its place in the line.
  const moves = !isFinal(to) && (waitMs > 0 || move !== 'release')
  const next = {
    ...ticket,
    ...count(ticket, settlement),
    ...(moves && { available_at_ms: change.now + waitMs }),
  }
  if (survives(settlement)) clearSuspect(change.e, ticket)
  endAttempt(change, ticket, { outcome: move, digest: digest(settlement), reason, error })
  if (to === 'ready' || to === 'scheduled') {
    wait(change, next, to)
    if (goesElsewhere(settlement)) sendElsewhere(change.e, ticket.seq, processOf(change.e, ticket.holder_id))
    return
  }
  if (!isFinal(to)) throw new TypeError(`a settlement leads to ${to}`)
  finish(change, next, {
    state: to,
    result,
    error,
    reason: to === 'cancelled' ? (ticket.cancel_reason ?? reason) : reason,
  })
}

function count(ticket: Ticket, settlement: Settlement): Partial<Ticket> | undefined {
  const { move } = settlement
  if (isFailure(settlement)) return { failures: ticket.failures + 1 }
  if (move === 'snooze') return { snoozes: ticket.snoozes + 1 }
  if (move === 'release') return { releases: ticket.releases + 1 }
  if (isLoss(settlement)) return { losses: ticket.losses + 1 }
  return undefined
}

function seenBefore(e: Engine, { lease, found, settlement }: Item & { readonly found: Found }): Settled {
  if (!lease) return 'stale'
  const seen = e.statement('attemptSeen').get(found.seq, settlement.fence, lease.id) as
    | { digest: string | null }
    | undefined
  if (!seen || seen.digest === null) return 'stale'
  return seen.digest === digest(settlement) ? 'applied' : 'conflict'
}

/** A settle can always be recorded: values that SQLite refuses become the reason why the job is dead. */
function unwritable({ id, fence }: Settlement, cause: unknown): Settlement {
  const message = `the settlement could not be written: ${cause instanceof Error ? cause.message : String(cause)}`
  const error = { name: 'UnwritableSettlement', message, fingerprint: 'unwritable-settlement' }
  return { id, fence, move: 'bury', reason: 'discarded', error }
}

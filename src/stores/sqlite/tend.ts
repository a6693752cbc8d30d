import { toErrorInfo } from '../../job/failure.ts'
import { afterLoss, isWatched, lossText } from '../../job/loss.ts'
import type { WorkerId } from '../../job/job.ts'
import type { Tended } from '../../store/contract.ts'
import { undriven } from './bulk.ts'
import { close } from './closing.ts'
import { areForgettable, forgetGroups } from './dead.ts'
import { type Change, comingBack, endAttempt, finish, newChange, type Ticket, wait, write } from './ending.ts'
import { type Engine, newTally, yes } from './engine.ts'
import { areForgotten, endWorker, forget } from './forget.ts'
import { findWorker } from './lease.ts'
import { isOverdue, retain } from './retain.ts'
import { codeOf, onCrashOf } from './row.ts'
import { isSampleDue, takeSample } from './size.ts'
import { markSuspect } from './suspects.ts'

const overdueCause = 'its lease ran out: the process died, froze, or lost the store'
const rebootCause = 'the machine was started anew'

/** A bounded piece of upkeep: what time alone has changed, at most `budget` rows of each kind. */
export function tend(e: Engine, budget: number): Tended {
  const lapsed = lapseOverdue(e, budget)
  const promoted = promote(e, budget)
  const expired = expire(e, budget)
  const { removed, more } = retain(e, budget)
  forgetGroups(e, budget)
  forget(e, budget)
  takeSample(e)
  const free = undriven(e)
  return {
    promoted,
    lapsed,
    expired,
    removed,
    ...(free.length > 0 && { undriven: free }),
    more: more || [promoted, lapsed, expired, removed].some((n) => n >= budget),
  }
}

/** True when time alone has changed something: a due job, an expired one, or a lease that ran out. */
export const isDue = (e: Engine): boolean =>
  yes(e.statement('duePeek').get(e.time.now(), e.time.monotonic(), e.time.boot))

/** The answer when there is nothing to tend, found without the write lock. */
export function idleTend(e: Engine): Tended | undefined {
  if (isDue(e) || isOverdue(e) || areForgettable(e) || areForgotten(e) || isSampleDue(e)) return undefined
  const free = undriven(e)
  return {
    ...{ promoted: 0, lapsed: 0, expired: 0, removed: 0 },
    ...(free.length > 0 && { undriven: free }),
    more: false,
  }
}

/** Makes due jobs ready, the most overdue first. */
export function promote(e: Engine, budget: number): number {
  const rows = e.statement('promoteDue').all(e.time.now(), budget) as { queue_id: number }[]
  const tally = newTally(e)
  for (const { queue_id } of rows) {
    tally.add(queue_id, codeOf.scheduled, -1)
    tally.add(queue_id, codeOf.ready, 1)
  }
  tally.write()
  return rows.length
}

/** Gives up waiting jobs whose ttl or deadline has passed. */
export function expire(e: Engine, budget: number): number {
  const change = newChange(e)
  const tickets = e.statement('ticketExpired').all(change.now, budget) as Ticket[]
  for (const ticket of tickets) finish(change, ticket, { state: 'dead', reason: 'expired' })
  close(e, tickets, { how: 'expired' })
  write(change)
  return tickets.length
}

/** Takes jobs away from workers whose lease ran out. */
export function lapseOverdue(e: Engine, budget: number): number {
  const overdue = e.statement('workerOverdue').all(e.time.monotonic(), e.time.boot, budget) as Holder[]
  let left = budget
  for (const holder of overdue)
    if (left > 0)
      left -= lapseOne(e, holder, { cause: holder.rebooted ? rebootCause : overdueCause, budget: left })
  return budget - left
}

/** Takes all jobs of these workers away: a loss, which is no failure. */
export function lapse(
  e: Engine,
  workers: readonly WorkerId[],
  cause: string,
  { ending = false }: { ending?: boolean } = {},
): number {
  const budget = Number.MAX_SAFE_INTEGER
  let taken = 0
  for (const worker of workers) {
    const lease = findWorker(e, worker)
    if (lease) taken += lapseOne(e, { id: lease.id, worker }, { cause, ending, budget })
  }
  return taken
}

interface Holder {
  readonly id: number
  readonly worker: WorkerId
  /** 1 when its machine was started anew since. */
  readonly rebooted?: number
}

/** A ticket that is held, with what decides about its loss. */
interface Held extends Ticket {
  readonly max_attempts: number
  readonly on_crash: number | null
  readonly suspect: number | null
  readonly begun_fence: number | null
}

interface Lapse {
  readonly cause: string
  readonly budget: number
  readonly ending?: boolean
}

/** The registration goes with the last of its jobs; until then its lease, which ran out, keeps it from coming back. */
function lapseOne(e: Engine, { id, worker, rebooted }: Holder, { cause, budget, ending }: Lapse): number {
  const change = newChange(e)
  const end = e.statement('workerEnd').get(id) as WorkerEnd | undefined
  // A power cut proves nothing either, even if a job ran alone.
  const isEnding = ending === true || rebooted === 1 || end?.ending === 1
  const loss = { worker, cause, isEnding, tellsBegin: end?.tells_begin === 1 }
  const tickets = e.statement('ticketHeld').all(id, budget) as Held[]
  for (const ticket of tickets) takeAway(change, ticket, loss)
  write(change)
  if (tickets.length < budget) endWorker(e, id)
  return tickets.length
}

/** The columns of worker-end.sql. */
interface WorkerEnd {
  readonly tells_begin: number | null
  readonly ending: number | null
}

interface Loss {
  readonly worker: WorkerId
  readonly cause: string
  readonly isEnding: boolean
  readonly tellsBegin: boolean
}

function takeAway(change: Change, ticket: Held, { worker, cause, isEnding, tellsBegin }: Loss): void {
  const onCrash = onCrashOf(ticket.on_crash)
  const isWatching = tellsBegin && isWatched({ onCrash, losses: ticket.losses })
  const hasBegun = !isWatching || ticket.begun_fence === ticket.fence
  const message = lossText(worker, cause, { hasBegun })
  const error = toErrorInfo({ name: 'WorkerLost', code: 'LW2009', message })
  endAttempt(change, ticket, { outcome: 'lapse', digest: null, error })
  const lost = {
    losses: ticket.losses,
    failures: ticket.failures,
    maxAttempts: ticket.max_attempts,
    onCrash,
    suspect: ticket.suspect === 1,
    hasBegun,
    isEnding,
    cancelRequested: ticket.cancel_reason ?? undefined,
    replaced: comingBack(change, ticket).cancel_reason ?? undefined,
    expiresAt: ticket.expires_at_ms ?? undefined,
  }
  const { state, losses, failures, suspect, waitMs, reason } = afterLoss(lost, change.now)
  const moved = waitMs > 0 && { available_at_ms: change.now + waitMs }
  const next = { ...ticket, losses, failures, fence: ticket.fence + 1, ...moved }
  if (state === 'dead' || state === 'cancelled') return finish(change, next, { state, reason })
  if (suspect) markSuspect(change.e, ticket.seq)
  wait(change, next, state)
}

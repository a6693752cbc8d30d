import { toErrorInfo } from '../../job/failure.ts'
import type { WorkerId } from '../../job/job.ts'
import { afterLoss, isWatched, lossText } from '../../job/loss.ts'
import type { Tended } from '../../store/index.ts'
import { yieldToTwin } from './keys.ts'
import { close } from './closing.ts'
import { undriven } from './bulk.ts'
import { forgetGroups } from './dead.ts'
import { endWorker, forget } from './forget.ts'
import { isHeld } from './lease.ts'
import { retain } from './retain.ts'
import { takeSample } from './size.ts'
import { endAttempt } from './settle.ts'
import { move, type Row, type Tables } from './tables.ts'

/** A bounded piece of upkeep: what time alone has changed. */
export function tend(s: Tables, budget: number): Tended {
  const lapsed = lapseOverdue(s, budget)
  const promoted = promote(s, budget)
  const expired = expire(s, budget)
  const removed = retain(s, budget)
  forgetGroups(s, budget)
  forget(s, budget)
  takeSample(s)
  const free = undriven(s)
  return {
    promoted,
    lapsed,
    expired,
    removed,
    ...(free.length > 0 && { undriven: free }),
    more: [promoted, lapsed, expired, removed].some((n) => n >= budget),
  }
}

/** Makes due jobs ready, the most overdue first. */
export function promote(s: Tables, budget: number): number {
  const due = [...s.scheduled].filter((row) => row.availableAt <= s.clock.now())
  due.sort((a, b) => a.availableAt - b.availableAt || a.seq - b.seq).length = Math.min(due.length, budget)
  for (const row of due) move(s, row, 'ready')
  return due.length
}

/** Gives up waiting jobs whose ttl or deadline has passed, the most overdue first. */
export function expire(s: Tables, budget: number): number {
  const now = s.clock.now()
  const waiting = [...s.rows.values()].filter(
    (row) => ['ready', 'scheduled', 'blocked'].includes(row.state) && (row.expiresAt ?? Infinity) <= now,
  )
  waiting.sort((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0) || a.seq - b.seq)
  for (const row of waiting.slice(0, budget)) {
    row.reason = 'expired'
    move(s, row, 'dead')
    close(s, row, { how: 'expired' })
  }
  return Math.min(waiting.length, budget)
}

/** Takes jobs away from workers whose lease ran out, the most overdue first. */
export function lapseOverdue(s: Tables, budget: number): number {
  const overdue = [...s.workers.values()].filter(({ id }) => !isHeld(s, id))
  overdue.sort((a, b) => a.leaseEndsAt - b.leaseEndsAt || (a.id < b.id ? -1 : 1))
  let left = budget
  for (const { id } of overdue.slice(0, budget)) {
    if (left > 0) left -= lapseOne(s, id, { cause: overdueCause, budget: left })
  }
  return budget - left
}

const overdueCause = 'its lease ran out: the process died, froze, or lost the store'

/** Takes all jobs of these workers away: a loss, which is no failure. */
export function lapse(
  s: Tables,
  workers: readonly WorkerId[],
  cause: string,
  { ending = false }: { ending?: boolean } = {},
): number {
  const one = { cause, ending, budget: Infinity }
  return workers.reduce((taken, worker) => taken + lapseOne(s, worker, one), 0)
}

interface Lapse {
  readonly cause: string
  readonly budget: number
  readonly ending?: boolean
}

/** The registration goes with the last of its jobs; until then its lease, which ran out, keeps it from coming back. */
function lapseOne(s: Tables, worker: WorkerId, how: Lapse): number {
  const { budget } = how
  const held = [...s.running].filter((row) => row.holder === worker).sort((a, b) => a.seq - b.seq)
  const taken = held.slice(0, budget)
  for (const row of taken) takeAway(s, row, how)
  if (taken.length < budget) endWorker(s, worker)
  return taken.length
}

function takeAway(s: Tables, row: Row, { cause, ending = false }: Lapse): void {
  const now = s.clock.now()
  const { holder = '', losses: lostBefore, suspect: isSuspect = false } = row
  const worker = s.workers.get(holder)
  const isWatching = worker?.tellsBegin === true && isWatched({ ...row.job, losses: lostBefore })
  const hasBegun = !isWatching || row.begun === row.fence
  const isEnding = ending || worker?.ending === true
  const message = lossText(holder, cause, { hasBegun })
  const error = toErrorInfo({ name: 'WorkerLost', code: 'LW2009', message })
  endAttempt(s, row, 'lapse', { settlement: { error }, now })
  const { cancelRequested } = row
  yieldToTwin(s, row)
  const replaced = row.cancelRequested
  const blame = { suspect: isSuspect, hasBegun, isEnding }
  const next = afterLoss({ ...row, ...row.job, ...blame, cancelRequested, replaced }, now)
  const { losses, failures, suspect, reason } = next
  Object.assign(row, { losses, failures, suspect, reason, fence: row.fence + 1 })
  if (next.waitMs > 0) row.availableAt = now + next.waitMs
  move(s, row, next.state)
}

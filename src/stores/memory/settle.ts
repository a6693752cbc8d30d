import type { Settled, Settlement, WorkerId } from '../../job/job.ts'
import { goesElsewhere, processOf } from '../../job/elsewhere.ts'
import { comesBack, digest, isFailure, stateAfter } from '../../job/settle.ts'
import { isFinal } from '../../job/state.ts'
import { yieldToTwin } from './keys.ts'
import { isHeld } from './lease.ts'
import { countLoss } from './suspects.ts'
import { move, type Row, type Tables } from './tables.ts'

/** Writes endings already decided; whoever no longer holds the job changes nothing. */
export function settle(s: Tables, worker: WorkerId, settlements: readonly Settlement[]): Settled[] {
  return settlements.map((settlement) => {
    const row = s.rows.get(settlement.id)
    if (!row) return 'gone'
    return holds(s, row, worker, settlement.fence)
      ? apply(s, row, settlement)
      : seenBefore(row, worker, settlement)
  })
}

/** The fence: the row is running, this worker holds it by this very claim, and its lease has not run out. */
export function holds(s: Tables, row: Row, worker: WorkerId, fence: number): boolean {
  return row.state === 'running' && row.holder === worker && row.fence === fence && isHeld(s, worker)
}

function apply(s: Tables, row: Row, settlement: Settlement): Settled {
  const now = s.clock.now()
  if (comesBack(settlement)) yieldToTwin(s, row)
  const to = stateAfter(settlement, row.cancelRequested !== undefined)
  count(row, settlement)
  endAttempt(s, row, settlement.move, { settlement, now })
  row.result = isFinal(to) ? settlement.result : undefined
  if (settlement.move !== 'lapse')
    row.error = settlement.error ?? (settlement.move === 'complete' ? undefined : row.error)
  row.reason =
    to === 'cancelled'
      ? (row.cancelRequested ?? settlement.reason)
      : isFinal(to)
        ? settlement.reason
        : undefined
  const waitMs = settlement.delayMs ?? 0
  // A job that was released at once keeps its place in the line.
  if (!isFinal(to) && (waitMs > 0 || settlement.move !== 'release')) row.availableAt = now + waitMs
  if (goesElsewhere(settlement)) row.avoids = ranOn(s, row.holder)
  move(s, row, to)
  return 'applied'
}

function count(row: Row, settlement: Settlement): void {
  const { move } = settlement
  if (isFailure(settlement)) row.failures += 1
  if (move === 'snooze') row.snoozes += 1
  if (move === 'release') row.releases += 1
  countLoss(row, settlement)
}

function ranOn(s: Tables, worker = ''): string {
  const about = s.workers.get(worker)
  return about ? processOf(about) : worker
}

export function endAttempt(
  s: Tables,
  row: Row,
  outcome: Settlement['move'],
  {
    settlement,
    now,
  }: { settlement: Pick<Settlement, 'error' | 'reason'> & Partial<Settlement>; now: number },
): void {
  const worker = row.holder ?? ''
  row.attempts.push({
    n: (s.endings += 1),
    attempt: row.attempt,
    fence: row.fence,
    worker,
    ranOn: ranOn(s, worker),
    startedAt: row.startedAt ?? now,
    endedAt: now,
    outcome,
    // A worker may say so itself, and say it again; who lost its lease may not.
    digest: settlement.move ? digest(settlement as Settlement) : 'lapse',
    ...(settlement.error && { error: settlement.error }),
    ...(settlement.reason && { reason: settlement.reason }),
    ...(row.progress && { progress: row.progress }),
  })
}

function seenBefore(row: Row, worker: WorkerId, settlement: Settlement): Settled {
  const ended = row.attempts.find(
    (a) => a.fence === settlement.fence && a.worker === worker && a.digest !== 'lapse',
  )
  if (!ended) return 'stale'
  return ended.digest === digest(settlement) ? 'applied' : 'conflict'
}

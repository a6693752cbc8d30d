import { defaults } from '../../job/defaults.ts'
import type { Settlement } from '../../job/job.ts'
import { isSlotId } from '../../job/schedule.ts'
import { digest } from '../../job/settle.ts'
import type { Value } from './driver.ts'
import { type Engine, newTally } from './engine.ts'
import type { Lease } from './lease.ts'
import { codeOf } from './row.ts'

/**
 * True for a job that is simply done, as nearly all are: what is to be written follows from its ticket. Others may wait
 * for the job of a schedule's slot.
 */
export function isDone(settlement: Settlement): boolean {
  const { id, move, reason, error, result } = settlement
  const isText = result === undefined || typeof result === 'string'
  return move === 'complete' && reason === undefined && error === undefined && isText && !isSlotId(id)
}

/**
 * Writes the ends of jobs that are simply done, all with the same few statements: a third of the cost of row by row,
 * for no row passes through JavaScript. False, with something written that the caller must take back, when this worker
 * does not hold every one of them.
 */
export function settleDone(e: Engine, lease: Lease, done: readonly Settlement[]): boolean {
  const now = e.time.now()
  const list = JSON.stringify(
    done.map((one) => [one.id, one.fence, digest(one), one.result ?? null] satisfies Value[]),
  )
  const { changes, lastInsertRowid } = e.statement('settleAttempts').run(list, lease.id, now)
  if (changes !== done.length) return false
  const before = Number(lastInsertRowid) - done.length
  const keepMs = defaults.retain.completed
  e.statement('settleHistories').run(list, before, now, keepMs)
  const tally = newTally(e)
  for (const { queue_id, n } of e.statement('settleTally').all(before) as { queue_id: number; n: number }[]) {
    tally.add(queue_id, codeOf.running, -n)
    tally.add(queue_id, codeOf.completed, n)
  }
  tally.write()
  e.statement('settleTickets').run(before)
  return true
}

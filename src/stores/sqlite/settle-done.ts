import { defaults } from '../../job/defaults.ts'
import type { Endings } from './crossing/endings.ts'
import { type Engine, newTally } from './engine.ts'
import type { Lease } from './lease.ts'
import { weighDone } from './retain.ts'
import { codeOf } from './row.ts'

/** The columns of settle-tally.sql. */
interface TallyRow {
  readonly queue_id: number
  readonly n: number
  readonly keys: number
}

/**
 * Writes the ends of jobs that are simply done, all with the same few statements: a third of the cost of row by row,
 * for no row passes through JavaScript. False, with something written that the caller must take back, when this worker
 * does not hold every one of them, or when one lets a unique key go that others of the batch may come back for: their
 * order counts then.
 */
export function settleDone(e: Engine, lease: Lease, endings: Endings): boolean {
  const { done, doneCount } = endings
  const now = e.time.now()
  const { changes, lastInsertRowid } = e.statement('settleAttempts').run(done, lease.id, now)
  if (changes !== doneCount) return false
  const before = Number(lastInsertRowid) - doneCount
  const keepMs = defaults.retain.completed
  e.statement('settleHistories').run(done, before, now, keepMs)
  const tally = newTally(e)
  for (const { queue_id, n, keys } of e.statement('settleTally').all(before) as unknown as TallyRow[]) {
    if (keys > 0 && doneCount < endings.n) return false
    if (keys > 0) e.statement('settleKept').run(before)
    tally.add(queue_id, codeOf.running, -n)
    tally.add(queue_id, codeOf.completed, n)
  }
  tally.write()
  weighDone(e, before)
  e.statement('settleTickets').run(before)
  return true
}

import type { ClaimedJob } from '../job/job.ts'
import type { Handled } from './handler.ts'
import { freeSlots, type Pool } from './pool.ts'

/** The next claimed job that may start, taken out of the buffer: one for a free slot, or one for a batch that gathers. */
export function nextJob(pool: Pool, handled: ReadonlyMap<string, Handled>): ClaimedJob | undefined {
  if (freeSlots(pool) > 0) return pool.buffer.shift()
  if (pool.places === 0) return undefined
  const at = pool.buffer.findIndex(({ task }) => handled.get(task)?.batch?.hasPlace(pool))
  return at < 0 ? undefined : pool.buffer.splice(at, 1)[0]
}

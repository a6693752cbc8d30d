import type { Clock } from '../job/clock.ts'
import { defaults } from '../job/defaults.ts'
import type { ClaimedJob } from '../job/job.ts'
import type { Pool } from './pool.ts'

/**
 * Looks after a while at pools in which jobs wait for a slot: what was claimed ahead for quick jobs must not wait behind a slow
 * one while another worker is free.
 */
export function watchAhead(
  clock: Clock,
  giveBack: (jobs: readonly ClaimedJob[]) => void,
): (pool: Pool) => void {
  const watched = new Set<Pool>()
  function watch(pool: Pool): void {
    if (watched.has(pool)) return
    const { started } = pool
    const look = () => {
      watched.delete(pool)
      if (pool.buffer.length === 0) return
      if (pool.started > started) return watch(pool)
      pool.runMs = Infinity
      giveBack(pool.buffer.splice(0))
    }
    watched.add(pool)
    clock.after(2 * defaults.prefetchUnderMs, look, { idle: true })
  }
  return watch
}

import { anywhereAt, canTakeOver, processOf } from '../../job/elsewhere.ts'
import type { WorkerId } from '../../job/job.ts'
import { isHeld } from './lease.ts'
import type { Row, Tables } from './tables.ts'

/** False for a job that this worker's process is to leave to another, while another one can take it and not for ever. */
export function isFor(s: Tables, { avoids, availableAt, job }: Row, id: WorkerId): boolean {
  const worker = s.workers.get(id)
  if (avoids === undefined || !worker || processOf(worker) !== avoids) return true
  const others = [...s.workers.values()].filter((one) => isHeld(s, one.id) && canTakeOver(one, job, avoids))
  return others.length === 0 || anywhereAt(availableAt) <= s.clock.now()
}

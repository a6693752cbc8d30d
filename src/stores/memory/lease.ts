import type { Instant, WorkerId } from '../../job/job.ts'
import type { WorkerAbout } from '../../store/index.ts'
import type { Tables } from './tables.ts'

export interface WorkerRow extends WorkerAbout {
  readonly id: WorkerId
  readonly startedAt: Instant
  beatAt: Instant
  /** By the monotonic clock, so that a step of the wall clock takes no lease away. */
  leaseEndsAt: number
  ending?: true
}

/** True while the worker is registered and its lease has not run out. */
export function isHeld(s: Tables, worker: WorkerId): boolean {
  return (s.workers.get(worker)?.leaseEndsAt ?? -Infinity) > s.clock.monotonic()
}

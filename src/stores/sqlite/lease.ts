import type { WorkerId } from '../../job/job.ts'
import type { Engine } from './engine.ts'

/** Who a worker is to the tables, and whether its lease holds now. */
export interface Lease {
  /** `legwork_runner.id`. */
  readonly id: number
  readonly registered: boolean
  readonly held: boolean
}

/** The lease of a worker; `undefined` for one that was never here. */
export function findWorker(e: Engine, worker: WorkerId): Lease | undefined {
  const row = e.statement('workerFind').get(worker) as
    | { id: number; lease_ends_mono_ms: number | null; boot: string | null }
    | undefined
  if (!row) return undefined
  const registered = row.lease_ends_mono_ms !== null
  const held =
    row.lease_ends_mono_ms !== null && row.boot === e.time.boot && row.lease_ends_mono_ms > e.time.monotonic()
  return { id: row.id, registered, held }
}

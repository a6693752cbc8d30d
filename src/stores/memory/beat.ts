import type { WorkerId } from '../../job/job.ts'
import type { Beat, Beaten } from '../../store/index.ts'
import { cancelsOf } from './claim.ts'
import { endWorker, knowWorker } from './forget.ts'
import { isHeld } from './lease.ts'
import { settle } from './settle.ts'
import type { Tables } from './tables.ts'

export function beat(s: Tables, { worker, ttlMs, about, ending }: Beat): Beaten {
  const now = s.clock.now()
  const known = s.workers.get(worker)
  if (!known && about) {
    knowWorker(s, worker)
    s.workers.set(worker, {
      id: worker,
      startedAt: now,
      beatAt: now,
      leaseEndsAt: s.clock.monotonic() + ttlMs,
      ...about,
    })
  } else if (!known || !isHeld(s, worker)) return { lease: 'lost', now, cancels: [] }
  else
    Object.assign(known, { beatAt: now, leaseEndsAt: s.clock.monotonic() + ttlMs, ...(ending && { ending }) })
  return { lease: 'held', now, cancels: cancelsOf(s, worker) }
}

/** A worker that ends well gives back what it still holds, without a loss. */
export function leave(s: Tables, worker: WorkerId): void {
  const held = [...s.running].filter((row) => row.holder === worker)
  settle(
    s,
    worker,
    held.map((row) => ({ id: row.job.id, fence: row.fence, move: 'release' as const })),
  )
  if (isHeld(s, worker)) endWorker(s, worker)
}

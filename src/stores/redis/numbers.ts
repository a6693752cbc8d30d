import type { ClaimedJob } from '../../job/job.ts'

/** More than any worker holds: what was claimed and never settled here is forgotten, the oldest first. */
const most = 100_000

/**
 * The numbers by which the server knows the jobs that were claimed through this store, so that a settlement need not look for its
 * job. A job keeps its number for life. No other gets it, unless the server loses its last writes: so the id is compared as well.
 */
export interface Numbers {
  of(id: string): number | undefined
  put(id: string, n: number): void
  drop(id: string): void
}

export function numbersOf(): Numbers {
  const known = new Map<ClaimedJob['id'], number>()
  return {
    of: (id) => known.get(id),
    put(id, n) {
      known.set(id, n)
      if (known.size <= most) return
      for (const oldest of known.keys()) {
        known.delete(oldest)
        break
      }
    },
    drop: (id) => void known.delete(id),
  }
}

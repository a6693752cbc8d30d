import type { WorkerId } from '../../job/job.ts'
import { digest } from '../../job/settle.ts'
import type { Beat, Beaten, CancelRequest } from '../../store/contract.ts'
import type { Engine } from './engine.ts'
import { aboutText } from './row.ts'

/**
 * How long to wait for the answer of one beat before the next is sent beside it. Two on two connections might arrive in the other
 * order; one that hangs must not be the last.
 */
export const patienceMs = 5_000

/** Makes a worker's lease longer; the first time it registers the worker. */
export async function beat(e: Engine, { worker, ttlMs, about, ending }: Beat): Promise<Beaten> {
  const { lease, now, cancels } = await e.call<{
    readonly lease: 'held' | 'lost'
    readonly now: number
    readonly cancels?: readonly CancelRequest[] | null
  }>('beat_v1', { worker, ttlMs, ending, ...(about && { about, aboutText: aboutText(about) }) })
  return { lease, now, cancels: cancels ?? [] }
}

/** A worker that ends well gives back what it still holds, without a loss. */
export async function leave(e: Engine, worker: WorkerId): Promise<number> {
  return e.call('leave_v1', { worker, digest: digest({ id: '', fence: 0, move: 'release' }) })
}

import type { Count, WorkerView } from '../store/index.ts'

/** What a person should know of a queue, worst first. */
export type Health = 'paused' | 'no worker' | 'ok' | 'idle'

export const isAlive = ({ leaseEndsAt }: WorkerView, now: number): boolean => leaseEndsAt > now

/** Live workers that claim from a queue. */
export const serving = (queue: string, workers: readonly WorkerView[], now: number): readonly WorkerView[] =>
  workers.filter((worker) => isAlive(worker, now) && worker.queues.includes(queue))

/**
 * How a queue does. One with unfinished jobs of any kind needs a worker: a running job whose worker is gone,
 * and one whose time is yet to come, would wait for ever as well.
 */
export function healthOf({ paused, states }: Count, live: number): Health {
  if (paused) return 'paused'
  if (states.ready + states.running + states.scheduled === 0) return 'idle'
  return live === 0 ? 'no worker' : 'ok'
}

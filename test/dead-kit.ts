// Dead letters to work on, made through the store itself: quick, and without a worker.
import { defaults } from 'legwork'
import type { Store } from 'legwork/store'

export interface Letters {
  readonly task?: string
  readonly queue?: string
  readonly message?: string
  readonly fingerprint?: string
  /** Their ids begin with it. */
  readonly name?: string
}

/** Enqueues jobs and buries them; gives their ids, oldest death first. */
export async function bury(store: Store, count: number, letters: Letters = {}): Promise<string[]> {
  const { task = 'mail', queue = 'default', name = 'dead' } = letters
  const { message = 'connect ETIMEDOUT', fingerprint = 'feedfeedfeedfeed' } = letters
  const worker = `undertaker of ${name}`
  const tasks = [{ name: task, version: 1 }]
  const about = { host: 'h', pid: 1, version: '0', queues: [queue], tasks: [task], concurrency: 1 }
  await store.beat({ worker, ttlMs: 60_000, about })
  const ids = Array.from({ length: count }, (_, n) => `${name}-${n}`)
  for (let from = 0, call = 1; from < count; from += 500, call++) {
    const part = ids.slice(from, from + 500)
    const job = { task, queue, version: 1, priority: 0, maxAttempts: 3, tags: [], retain: defaults.retain }
    await store.enqueue(part.map((id) => ({ ...job, id, payload: '{"to":"ada"}' })))
    const ask = { worker, call, received: call - 1, limit: 500, queues: [{ name: queue, limit: 500 }], tasks }
    const { jobs } = await store.claim(ask)
    const error = { name: 'Error', message, fingerprint }
    await store.settle(
      worker,
      jobs.map(({ id, fence }) => ({ id, fence, move: 'bury', reason: 'exhausted', error })),
    )
  }
  await store.leave(worker)
  return ids
}

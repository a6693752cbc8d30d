import type { Clock } from '../job/clock.ts'
import { defaults } from '../job/defaults.ts'
import type { Store } from '../store/index.ts'

/**
 * Tends the store now and then, in bounded pieces, until the answer is called. Every process does it and none leads,
 * so the pause is spread to keep them out of step. A failing store is tried again at the next turn.
 */
export function keepTending({
  store,
  clock,
  random,
  everyMs = defaults.tendMs,
}: {
  store: Store
  clock: Clock
  random(): number
  everyMs?: number
}): () => Promise<void> {
  let isOver = false
  let turning: Promise<void> = Promise.resolve()
  let stop = plan(everyMs)

  function plan(ms: number): () => void {
    return clock.after(ms * (0.75 + random() / 2), () => void (turning = turn()), { idle: true })
  }

  async function turn(): Promise<void> {
    const more = await store.tend(defaults.batchMax).then(
      (done) => done.more,
      () => false,
    )
    if (!isOver) stop = plan(more ? 10 : everyMs)
  }

  return async () => {
    isOver = true
    stop()
    await turning
  }
}

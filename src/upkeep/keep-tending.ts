import type { Clock } from '../job/clock.ts'
import { defaults } from '../job/defaults.ts'
import type { Store } from '../store/index.ts'

/**
 * Tends the store now and then, in bounded pieces, until the answer is called. Every process does it and none leads,
 * so the pause is spread to keep them out of step, and longer when there was nothing to do. A failing store is tried
 * again at the next turn.
 */
export function keepTending({
  store,
  clock,
  random,
  everyMs = defaults.tendMs,
  idleMs = everyMs,
  adopt = () => {},
}: {
  store: Store
  clock: Clock
  random(): number
  everyMs?: number
  /** The pause after a turn that found nothing to do. */
  idleMs?: number
  /** Hears of bulk operations that nobody drives. */
  adopt?: (ids: readonly string[]) => void
}): () => Promise<void> {
  let isOver = false
  let turning: Promise<void> = Promise.resolve()
  let stop = plan(everyMs)

  function plan(ms: number): () => void {
    return clock.after(ms * (0.75 + random() / 2), () => void (turning = turn()), { idle: true })
  }

  async function turn(): Promise<void> {
    const done = await store.tend(defaults.batchMax).catch(() => undefined)
    if (done?.undriven) adopt(done.undriven)
    const found = done && done.promoted + done.lapsed + done.expired + done.removed > 0
    if (!isOver) stop = plan(done?.more ? 10 : found ? everyMs : idleMs)
  }

  return async () => {
    isOver = true
    stop()
    await turning
  }
}

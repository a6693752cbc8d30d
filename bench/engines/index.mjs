// The engines: each starts what it needs for a run, and gives a place of its own to every figure.
import { nowUs, sleep } from '../measure.mjs'

export const engines = {
  sqlite: () => import('./sqlite.mjs'),
  postgres: () => import('./postgres.mjs'),
  redis: () => import('./redis.mjs'),
}

/**
 * What the runner asks of a place from outside. `isDrained`, `counted`, `settled` and `bytes` look once; `settled` is undefined
 * where a system throws away what is done.
 */
export function probeOf({ isDrained, counted, settled, bytes, close }) {
  async function when(isSo, timeoutMs) {
    const endsAt = nowUs() + timeoutMs * 1_000
    for (;;) {
      const askedAt = nowUs()
      if (await isSo()) return nowUs()
      const tookMs = (nowUs() - askedAt) / 1_000
      if (nowUs() > endsAt)
        throw new Error(`not done after ${timeoutMs / 1_000} s: ${await counted()} jobs settled`)
      // Looking must not cost what is measured: in some tables it means to pass over all that was done.
      await sleep(Math.min(50, Math.max(5, 10 * tookMs)))
    }
  }
  return {
    settled,
    soFar: counted,
    /** Waits until nothing is left to do, and says when that was. */
    whenDrained: (timeoutMs) => when(isDrained, timeoutMs),
    /** Waits until so many jobs are settled, and says when that was. */
    whenSettled: (n, timeoutMs) => when(async () => (await counted()) >= n, timeoutMs),
    bytes,
    close,
  }
}

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
    while (!(await isSo())) {
      if (nowUs() > endsAt)
        throw new Error(`not done after ${timeoutMs / 1_000} s: ${await counted()} jobs settled`)
      await sleep(5)
    }
    return nowUs()
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

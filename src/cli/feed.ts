import { sleep } from '../job/clock.ts'
import type { Changes, Store } from '../store/index.ts'
import { realClock } from '../world.ts'

export interface Feeding {
  readonly signal: AbortSignal
  /** Changes of each kind that one look takes at most. */
  readonly limit: number
  /** Running jobs that each look shows. */
  readonly running: number
  /**
   * Under load a person cannot read every line: true goes on with the present when one look did not take all, and says
   * so with `isCut`; false reads everything.
   */
  readonly mayCut: boolean
  hear(page: Changes & { readonly isCut: boolean }): Promise<void> | void
}

/** Looks are this far apart at least, however often the store rings. */
const leastMs = 80
/** And this far at most, for a bell may be lost. */
const mostMs = 1_000

/**
 * Follows a store's changes from `after`, or from now on, until the signal: reads what is new when the store rings.
 * Costs the new rows, nothing where nothing happens. @throws what the store throws.
 */
export async function feed(store: Store, feeding: Feeding, after?: string): Promise<void> {
  const { signal, limit, running, mayCut, hear } = feeding
  let wake = () => {}
  const deaf = store.listen(() => wake())
  let place = after ?? (await store.changes({ limit: 1 })).cursor
  try {
    while (!signal.aborted) {
      const rung = new AbortController()
      wake = () => rung.abort()
      const page = await store.changes({ after: place, limit, running })
      const isCut = page.more && mayCut
      place = isCut ? (await store.changes({ limit: 1 })).cursor : page.cursor
      await hear({ ...page, isCut })
      if (page.more && !isCut) continue
      await sleep(realClock, leastMs, signal)
      await sleep(realClock, mostMs - leastMs, AbortSignal.any([signal, rung.signal]))
    }
  } finally {
    deaf()
  }
}

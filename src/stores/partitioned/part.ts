import type { Clock } from '../../job/clock.ts'
import { within } from '../../job/clock.ts'
import { LegworkError, StoreError } from '../../job/errors.ts'
import type { Store } from '../../store/index.ts'
import { realClock } from '../../world.ts'

/** One of the stores, and whether it answers. */
export interface Part {
  readonly index: number
  readonly store: Store
  isAway(): boolean
  /**
   * A call of it. While it is away the call fails at once; with `patienceMs` it also fails when there is no answer in that time.
   * @throws {StoreError} LW1032
   */
  call<T>(work: (store: Store) => Promise<T>, patienceMs?: number): Promise<T>
  /** Looks no more whether it is back. */
  end(): void
}

/** Errors that mean that nobody is there; all others are answers. */
export const outages: ReadonlySet<string> = new Set(['LW1007', 'LW1013', 'LW1017', 'LW1021', 'LW1022'])

/** How often a part that is away is asked whether it is back. */
const probeMs = 300

/** `back` is called when it answers again. Patience is with networks, so by the real clock. */
export function partOf(
  store: Store,
  { index, of, back }: { readonly index: number; readonly of: number; readonly back: () => void },
): Part {
  const clock: Clock = realClock
  let cause: Error | undefined
  let isOver = false
  const away = (error: Error) =>
    new StoreError(
      'LW1032',
      `partition ${index + 1} of ${of} does not answer, and the others go on: ${error.message}`,
      { partition: index + 1 },
      { cause: error },
    )
  const probe = (): void => {
    if (isOver) return
    clock.after(
      probeMs,
      () =>
        void store.names?.unused(longMs, 1).then(
          () => {
            cause = undefined
            back()
          },
          () => probe(),
        ),
      { idle: true },
    )
  }
  const lose = (error: Error): StoreError => {
    if (!cause) {
      cause = error
      probe()
    }
    return away(error)
  }
  return {
    index,
    store,
    isAway: () => cause !== undefined,
    async call(work, patienceMs) {
      if (cause) throw away(cause)
      const late = () => new StoreError('LW1017', `no answer within ${patienceMs} ms.`)
      try {
        const call = work(store)
        return await (patienceMs === undefined ? call : within(clock, patienceMs, { call, late }))
      } catch (error) {
        if (error instanceof LegworkError && outages.has(error.code) && error.details['answered'] !== true)
          throw lose(error)
        throw error
      }
    },
    end() {
      isOver = true
    },
  }
}

/** Nothing is as old as this. */
const longMs = 1e14

/** How long a call to several parts waits for one of them that says nothing. */
export const patienceMs = 4_000

/** The answers of all of them, or the error of the first that failed: its own where no part answered. */
export async function all<T>(
  parts: readonly Part[],
  work: (store: Store, part: Part) => Promise<T>,
  patience?: number,
): Promise<readonly T[]> {
  const ends = await Promise.allSettled(
    parts.map((part) => part.call((store) => work(store, part), patience)),
  )
  return ends.map((end) => {
    if (end.status === 'rejected') throw failureOf(ends)
    return end.value
  })
}

/** Those that answered; fails where none did. */
export async function most<T>(
  parts: readonly Part[],
  work: (store: Store, part: Part) => Promise<T>,
): Promise<readonly { readonly part: Part; readonly answer: T }[]> {
  const ends = await Promise.allSettled(
    parts.map((part) => part.call((store) => work(store, part), patienceMs)),
  )
  const found = ends.flatMap((end, i) =>
    end.status === 'fulfilled' ? [{ part: parts[i] as Part, answer: end.value }] : [],
  )
  if (found.length === 0 && parts.length > 0) throw failureOf(ends)
  return found
}

/** Of several that failed; where none answered it is no matter of one part. */
export function failureOf(ends: readonly PromiseSettledResult<unknown>[]): unknown {
  const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))
  const other = errors.find((error) => !isAwayError(error))
  if (other !== undefined) return other
  const first = errors[0]
  return ends.length > 1 && errors.length === ends.length && first instanceof Error
    ? (first.cause ?? first)
    : first
}

/** It is that of one partition: the others may go on. */
export const isAwayError = (error: unknown): boolean =>
  error instanceof StoreError && (error.code === 'LW1032' || error.code === 'LW1034')

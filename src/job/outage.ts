import type { Clock } from './clock.ts'
import { showMs } from './duration.ts'
import { toErrorInfo } from './failure.ts'
import type { Logger } from './logger.ts'

/** What is said of a store that takes no calls: once when it begins, now and then while it lasts, and once when it is over. */
export interface Outage {
  /** Calls that failed in a row. */
  readonly errors: number
  failed(error: unknown): void
  answered(): void
}

const remindEveryMs = 30_000

/** Who wants to know besides: of each call that failed, and of the first one that was answered again. */
export interface OutageEar {
  failed(error: unknown): void
  answered(): void
}

export interface OutageKit {
  readonly clock: Clock
  readonly log: Logger
  readonly ear?: OutageEar | undefined
}

/** `who` makes the calls, such as “the worker’s call”. */
export function outage({ clock, log, ear }: OutageKit, who: string): Outage {
  let errors = 0
  let since = 0
  let saidAt = 0
  return {
    get errors() {
      return errors
    },
    failed(error) {
      ear?.failed(error)
      const now = clock.monotonic()
      if (errors++ === 0) since = now
      if (errors > 1 && now - saidAt < remindEveryMs) return
      saidAt = now
      const lasts = errors > 1 ? `, for ${showMs(now - since)} now` : ''
      log.error(
        { err: toErrorInfo(error), degraded: true },
        `the store did not take ${who}${lasts}; trying again`,
      )
    },
    answered() {
      if (errors === 0) return
      ear?.answered()
      errors = 0
      const ms = clock.monotonic() - since
      log.info({ ms, degraded: false }, `the store takes ${who} again, after ${showMs(ms)}`)
    },
  }
}

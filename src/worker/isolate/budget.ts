import { RetryIn } from '../../define/verdicts.ts'
import type { Clock } from '../../job/clock.ts'
import type { Logger } from '../../job/logger.ts'

/** Keeps isolates that end badly from being started in a hot loop. */
export interface Budget {
  /** @throws {RetryIn} free of charge, while nothing is to be started: the job is not to blame. */
  check(): void
  /** A start failed, or an isolate died under its job. */
  spend(why: string): void
  /** A job ended as jobs do. */
  restore(): void
}

/** So many bad ends in a row, and jobs wait before another isolate is started. */
const most = 5

/** 1 s, 2 s, 4 s, … 60 s. */
const waitAfter = (bad: number): number => (bad < most ? 0 : Math.min(60_000, 1_000 * 2 ** (bad - most)))

export function crashBudget(task: string, clock: Clock, log: Logger): Budget {
  let bad = 0
  let againAt = -Infinity
  let last = ''
  return {
    check() {
      const waitMs = Math.ceil(againAt - clock.monotonic())
      if (waitMs <= 0) return
      const message = `LW2011 the isolates of task ${task} ended badly ${bad} times in a row; the job waits for the next try. The last: ${last}`
      throw new RetryIn(waitMs, { countsAsAttempt: false, message })
    },
    spend(why) {
      bad += 1
      last = why
      const waitMs = waitAfter(bad)
      againAt = clock.monotonic() + waitMs
      const text = `isolates of task ${task} ended badly ${bad} times in a row (${why}); waiting ${waitMs / 1_000} s`
      if (waitMs > 0) log.error({ code: 'LW2011', task, bad, waitMs }, text)
    },
    restore() {
      bad = 0
      againAt = -Infinity
    },
  }
}

import { setTimeout as pause } from 'node:timers/promises'

/** Asks until there is an answer other than undefined or false. @throws when the signal fires. */
export type Until = <T>(what: string, ask: () => T | Promise<T>) => Promise<Exclude<T, undefined | false>>

const everyMs = 25

export function untilWith(signal: AbortSignal): Until {
  return async <T>(what: string, ask: () => T | Promise<T>) => {
    for (;;) {
      const answer = await ask()
      // What is neither undefined nor false is an answer.
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>
      if (signal.aborted) throw new Error(`stopped while waiting until ${what}`, { cause: signal.reason })
      await pause(everyMs)
    }
  }
}

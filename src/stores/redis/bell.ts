import type { Clock } from '../../job/clock.ts'
import type { Run } from './script.ts'

/** The shortest and the longest time for which doorbells are taken together, in ms: on a busy server each call of another process rings one. */
const shortest = 1
const longest = 10

/** Passes a ring on at once, and those that follow it within `gapMs` as one. */
export function gathered(clock: Clock, ring: () => void, gapMs: () => number): () => void {
  let isQuiet = true
  let isRung = false
  const open = (): void => {
    isQuiet = !isRung
    if (!isRung) return
    isRung = false
    ring()
    clock.after(gapMs(), open, { idle: true })
  }
  return () => {
    if (!isQuiet) {
      isRung = true
      return
    }
    isQuiet = false
    ring()
    clock.after(gapMs(), open, { idle: true })
  }
}

/**
 * Scripts as before, and how long to take rings together: four times as long as a worker's call has lately taken, so that at most
 * a fifth of the time is spent on answering them, and a server that is busy is asked less often.
 */
export function paced(clock: Clock, run: Run): { readonly run: Run; gapMs(): number } {
  let tripMs = 0
  return {
    async run(name, ...args) {
      if (name !== 'exchange' && name !== 'claim') return run(name, ...args)
      const sentAt = clock.monotonic()
      const reply = await run(name, ...args)
      tripMs = tripMs * 0.8 + (clock.monotonic() - sentAt) * 0.2
      return reply
    },
    gapMs: () => Math.min(longest, Math.max(shortest, tripMs * 4)),
  }
}

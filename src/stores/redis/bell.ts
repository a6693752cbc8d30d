import type { Clock } from '../../job/clock.ts'

/** How long doorbells are taken together: on a busy server each call of another process rings one. */
const gatherMs = 5

/** Passes a ring on at once, and those that follow it shortly as one. */
export function gathered(clock: Clock, ring: () => void): () => void {
  let isQuiet = true
  let isRung = false
  const open = (): void => {
    isQuiet = !isRung
    if (!isRung) return
    isRung = false
    ring()
    clock.after(gatherMs, open, { idle: true })
  }
  return () => {
    if (!isQuiet) {
      isRung = true
      return
    }
    isQuiet = false
    ring()
    clock.after(gatherMs, open, { idle: true })
  }
}

import type { Clock } from '../job/clock.ts'

/** When the worker talks with its store next. The earliest wish counts. */
export interface NextTurn {
  /** With the next turn of the event loop, so that what ends at the same time goes together. */
  soon(): void
  /** At most so many ms from now, for things that may gather a little. */
  within(ms: number): void
  /** So many ms from now, whatever was planned. */
  plan(ms: number): void
  /** It has come. */
  come(): void
  /** None comes any more. */
  end(): void
}

/** Of `who` turns when it is wished for, and is woken when a time is over. */
export function nextTurn(clock: Clock, who: { turn(): unknown; wake(): void }): NextTurn {
  let at = Infinity
  let isSoon = false
  let isOver = false
  let stop = (): void => {}
  const come = () => {
    stop()
    at = Infinity
    isSoon = false
  }
  const plan = (ms: number) => {
    come()
    if (isOver) return
    at = clock.monotonic() + ms
    isSoon = ms === 0
    const soon = isSoon ? setImmediate(() => void who.turn()) : undefined
    stop = soon ? () => clearImmediate(soon) : clock.after(ms, () => who.wake())
  }
  return {
    soon: () => void (isSoon || plan(0)),
    // Never later than what is planned: a handler that notes all the time must not keep a turn from coming.
    within: (ms) => void (clock.monotonic() + ms < at && plan(ms)),
    plan,
    come,
    end() {
      come()
      isOver = true
    },
  }
}

import type { Clock } from '../../job/clock.ts'
import type { Beaten, Pulse } from '../../store/contract.ts'

export interface Pulsing {
  readonly pulse: Pulse
  send(): Promise<Beaten>
  hear(answer: Beaten | Error): void
}

/** How long to wait for the answer of one beat before the next is sent beside it. */
const patienceMs = 5_000

/** Beats as long as the pulse's tick moves; the answer ends it. */
export function pulsing(clock: Clock, { pulse, send, hear }: Pulsing): () => Promise<void> {
  const tick = new Float64Array(pulse.tick)
  let stop = clock.after(pulse.everyMs, turn, { idle: true })
  let stopped = false
  let sentAt: number | undefined
  function turn(): void {
    stop = clock.after(pulse.everyMs, turn, { idle: true })
    const now = clock.monotonic()
    // Two beats on two connections might arrive in the other order; one that hangs must not be the last.
    if (now - (tick[0] ?? 0) > pulse.maxStallMs || now - (sentAt ?? -Infinity) < patienceMs) return
    sentAt = now
    const told = (answer: Beaten | Error) => {
      sentAt = undefined
      if (!stopped) hear(answer)
    }
    send().then(told, told)
  }
  return async () => {
    stopped = true
    stop()
  }
}

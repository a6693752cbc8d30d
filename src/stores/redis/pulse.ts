import type { Clock } from '../../job/clock.ts'
import type { Beaten, Pulse } from '../../store/contract.ts'

export interface Pulsing {
  readonly pulse: Pulse
  send(): Promise<Beaten>
  hear(answer: Beaten | Error): void
}

/** Beats as long as the pulse's tick moves; the answer ends it. */
export function pulsing(clock: Clock, { pulse, send, hear }: Pulsing): () => Promise<void> {
  const tick = new Float64Array(pulse.tick)
  let isOver = false
  let stop = clock.after(pulse.everyMs, turn, { idle: true })
  function turn(): void {
    stop = clock.after(pulse.everyMs, turn, { idle: true })
    if (clock.monotonic() - (tick[0] ?? 0) > pulse.maxStallMs) return
    const told = (answer: Beaten | Error) => void (isOver || hear(answer))
    send().then(told, told)
  }
  return async () => {
    isOver = true
    stop()
  }
}

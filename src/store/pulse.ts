import type { Clock } from '../job/clock.ts'
import type { Beaten, Pulse } from './contract.ts'

export interface Pulsing<Answer> {
  readonly pulse: Pulse
  /** How long to wait for the answer of one beat before the next is sent beside it. Default: not at all. */
  readonly patienceMs?: number
  send(): Promise<Answer>
  hear(answer: Answer | Error, sentAt: number): void
}

/** Beats as long as the pulse's tick moves; the answer ends it. */
export function pulsing<Answer = Beaten>(
  clock: Clock,
  { pulse, patienceMs = 0, send, hear }: Pulsing<Answer>,
): () => Promise<void> {
  const tick = new Float64Array(pulse.tick)
  let stop = clock.after(pulse.everyMs, turn, { idle: true })
  let isOver = false
  let waitingSince: number | undefined
  function turn(): void {
    stop = clock.after(pulse.everyMs, turn, { idle: true })
    const sentAt = clock.monotonic()
    if (sentAt - (tick[0] ?? 0) > pulse.maxStallMs) return
    if (sentAt - (waitingSince ?? -Infinity) < patienceMs) return
    waitingSince = sentAt
    const told = (answer: Answer | Error) => {
      waitingSince = undefined
      if (!isOver) hear(answer, sentAt)
    }
    send().then(told, told)
  }
  return async () => {
    isOver = true
    stop()
  }
}

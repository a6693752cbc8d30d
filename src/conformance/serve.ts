import type { Clock } from '../job/clock.ts'
import type { Pulse, Store } from '../store/index.ts'

/** One end of a channel between the suite and a process that it started, such as `process` of a forked child. */
export interface Channel {
  on(event: 'message', hear: (message: unknown) => void): unknown
  send?(message: unknown): unknown
}
interface Call {
  readonly n: number
  readonly verb: string
  readonly args: readonly unknown[]
}

/**
 * Answers the calls of `Child.call` in the child process: every function of the store by its name, and besides
 * `keepBeating(beat)`, which beats as long as this process's event loop turns, and `block(ms)`, which keeps it from turning.
 */
export function serve(store: Store, channel: Channel, clock: Clock): void {
  const extra: Record<string, (...args: never[]) => unknown> = {
    block: (ms: number) => {
      for (const end = clock.monotonic() + ms; clock.monotonic() < end; );
    },
    keepBeating: async (beat: Parameters<Store['beat']>[0], everyMs: number) => {
      await store.keepBeating(beat, turning(clock, everyMs), () => {})
    },
  }
  channel.on('message', async (message) => {
    const { n, verb, args } = message as Call
    try {
      const call = (extra[verb] ?? store[verb as keyof Store]) as (...args: readonly unknown[]) => unknown
      channel.send?.({ n, answer: await call(...args) })
    } catch (error) {
      channel.send?.({ n, error: String(error) })
    }
  })
}

/** A tick that moves with every turn of this event loop, at most 20 ms apart. */
function turning(clock: Clock, everyMs: number): Pulse {
  const tick = new SharedArrayBuffer(8)
  const loop = new Float64Array(tick)
  const turn = (): void => {
    loop[0] = clock.monotonic()
    clock.after(20, turn, { idle: true })
  }
  turn()
  return { tick, everyMs, maxStallMs: 60_000 }
}

// The inner side of the thread that beats for workers whose own event loop may be busy.
import { parentPort } from 'node:worker_threads'
import type { StoreError } from '../../job/errors.ts'
import type { Beat, Beaten } from '../../store/contract.ts'
import { pulsing } from '../../store/pulse.ts'
import { realClock } from '../../world.ts'
import type { Failed, Joining, Told } from './beat-apart.ts'

interface Inside {
  /** Reaches the server for the first time. */
  reach(): Promise<unknown>
  send(place: string, beat: Beat): Promise<Beaten>
  coded(error: Error): StoreError
  readonly patienceMs?: number
}

/** Beats for whoever joins, until it leaves. */
export function beatInside({ reach, send, coded, ...patience }: Inside): void {
  if (!parentPort) throw new Error('This module is the entry of a worker thread.')
  const port = parentPort
  const failed = (error: Error): Failed => {
    const { code, message } = coded(error)
    return { code, text: message.slice(code.length + 1) }
  }
  // Whether the server answers now or not: the next beat will see.
  const ready = () => port.postMessage('ready' satisfies Told)
  reach().then(ready, ready)

  const stops = new Map<number, () => Promise<void>>()
  // Its timers keep nobody alive, and this thread lives until it is ended.
  port.on('message', ({ n, join }: Joining) => {
    void stops.get(n)?.()
    stops.delete(n)
    if (!join) return
    const { place, beat, pulse } = join
    const stop = pulsing(realClock, {
      ...{ pulse, ...patience },
      send: () => send(place, beat),
      hear: (answer, sentAt) => {
        const heard = answer instanceof Error ? failed(answer) : answer
        port.postMessage({ n, heard, sentAt } satisfies Told)
      },
    })
    stops.set(n, stop)
  })
}

import { Worker } from 'node:worker_threads'
import { StoreError } from '../../job/errors.ts'
import type { Beat, Beaten, Hear, Pulse } from '../../store/contract.ts'
import { realClock } from '../../world.ts'

/** The thread of a kind of store: its own module, and what that is told at its start. */
export interface Entry {
  readonly module: URL
  readonly name: string
  readonly workerData: unknown
}

/** For whom to beat from now on, under a number; one that comes with nothing else is to be left. */
export interface Joining {
  readonly n: number
  readonly join?: Joined
}
export interface Joined {
  /** Where on the server, when several stores share the thread. */
  readonly place: string
  readonly beat: Beat
  readonly pulse: Pulse
}

/** What the thread tells: that it is there, and what each beat heard. */
export type Told = 'ready' | { readonly n: number; readonly heard: Beaten | Failed; readonly sentAt: number }
export interface Failed {
  readonly code: StoreError['code']
  readonly text: string
}

export interface Beating extends Joined {
  readonly hear: Hear
  /** Beats on this loop until the thread is there. */
  meanwhile(): () => Promise<void>
}

/** Beats from a thread with a connection of its own, as long as the pulse's tick moves. The answer ends it. */
export type BeatApart = (beating: Beating) => Promise<() => Promise<void>>

/**
 * One thread for all workers of a store and for all its partitions, from the first beat to the last: handlers that keep the event
 * loop busy keep their lease.
 */
export function beatingApart({ module, name, workerData }: Entry): BeatApart {
  const hearers = new Map<number, Hear>()
  let thread: { readonly worker: Worker; readonly ready: Promise<void> } | undefined
  let last = 0
  const begin = () => {
    // The program's own flags, such as --input-type, are not meant for this thread.
    const worker = new Worker(module, { workerData, execArgv: [], name })
    const ready = new Promise<void>((resolve) => {
      worker.on('message', (one: Told) => {
        if (one === 'ready') return resolve()
        const { n, heard, sentAt } = one
        hearers.get(n)?.('code' in heard ? new StoreError(heard.code, heard.text) : heard, sentAt)
      })
      worker.on('error', (cause) => {
        resolve()
        const text = `the thread that beats failed: ${String(cause)}`
        const error = new StoreError('LW1007', text, {}, { cause })
        const heirs = [...hearers.values()]
        // Whoever registers anew gets another thread.
        hearers.clear()
        thread = undefined
        for (const hear of heirs) hear(error, realClock.monotonic())
      })
    })
    return { worker, ready }
  }
  return async ({ hear, meanwhile, ...join }) => {
    const n = ++last
    hearers.set(n, hear)
    const stopHere = meanwhile()
    thread ??= begin()
    const { worker, ready } = thread
    worker.postMessage({ n, join } satisfies Joining)
    await ready
    worker.unref()
    await stopHere()
    return async () => {
      if (!hearers.delete(n)) return
      worker.postMessage({ n } satisfies Joining)
      if (hearers.size > 0) return
      thread = undefined
      await worker.terminate()
    }
  }
}

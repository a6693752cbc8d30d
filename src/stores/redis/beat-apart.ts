import { Worker } from 'node:worker_threads'
import { StoreError } from '../../job/errors.ts'
import type { Beat, Beaten, Pulse } from '../../store/contract.ts'
import type { Dialling } from './port.ts'

/** What the thread of the beats is told at its start. */
export interface Apart {
  readonly dialling: Dialling
  /** For messages. */
  readonly where: string
}

/** Whom it is to beat for from now on, by a number of this store's; one that has only that is to be left. */
export interface Joining {
  readonly n: number
  readonly join?: { readonly tag: string; readonly beat: Beat; readonly pulse: Pulse }
}

/** What it tells: that it is there, and what each beat heard. */
export type Told = 'ready' | { readonly n: number; readonly heard: Beaten | Failed }
export interface Failed {
  readonly code: StoreError['code']
  readonly text: string
}

export interface Beating {
  readonly tag: string
  readonly beat: Beat
  readonly pulse: Pulse
  hear(answer: Beaten | Error): void
  /** Beats on this loop until the thread is there. */
  meanwhile(): () => Promise<void>
}

/** Beats from a thread with a connection of its own, as long as the pulse's tick moves. The answer ends it. */
export type BeatApart = (beating: Beating) => Promise<() => Promise<void>>

/**
 * One thread for all partitions of a store, from the first beat to the last: handlers that keep the event loop busy keep their
 * lease.
 */
export function beatingApart(apart: Apart): BeatApart {
  const hearers = new Map<number, (answer: Beaten | Error) => void>()
  let thread: { readonly worker: Worker; readonly ready: Promise<void> } | undefined
  let last = 0
  const begin = () => {
    const worker = new Worker(new URL('./beat-thread.js', import.meta.url), {
      workerData: apart satisfies Apart,
      // The program's own flags, such as --input-type, are not meant for this thread.
      execArgv: [],
      name: 'legwork redis beat',
    })
    const ready = new Promise<void>((resolve) => {
      worker.on('message', (one: Told) => {
        if (one === 'ready') return resolve()
        const { heard, n } = one
        hearers.get(n)?.('code' in heard ? new StoreError(heard.code, heard.text) : heard)
      })
      worker.on('error', (cause) => {
        resolve()
        const error = new StoreError(
          'LW1007',
          `the thread that beats failed: ${String(cause)}`,
          {},
          { cause },
        )
        for (const hear of hearers.values()) hear(error)
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

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

/** Whom the thread beats for, and how to stop the beats of this loop while those go on. */
interface Seat {
  readonly hear: Hear
  meanwhile(): () => Promise<void>
  stopHere: (() => Promise<void>) | undefined
}

interface Thread {
  readonly worker: Worker
  /** False where it ended before it was there. */
  readonly ready: Promise<boolean>
}

/**
 * One thread for all workers of a store and for all its partitions, from the first beat to the last: handlers that keep the event
 * loop busy keep their lease. Where there is no such thread, because its module was left out of a bundle or it failed, this loop
 * beats, and each worker hears why.
 */
export function beatingApart(entry: Entry): BeatApart {
  const seats = new Map<number, Seat>()
  let thread: Thread | undefined
  let last = 0
  const failed = (cause: unknown, wasReady: boolean) => {
    const what = wasReady ? 'failed' : 'could not begin'
    const text = `the thread that beats ${what}, so this event loop beats, and a handler that blocks it for a lease’s length loses its job: ${String(cause)}`
    const error = new StoreError('LW1007', text, {}, { cause })
    const heirs = [...seats.values()]
    // Whoever registers anew gets another thread.
    seats.clear()
    thread = undefined
    for (const heir of heirs) {
      heir.stopHere ??= heir.meanwhile()
      heir.hear(error, realClock.monotonic())
    }
  }
  return async ({ hear, meanwhile, ...join }) => {
    const n = ++last
    const seat: Seat = { hear, meanwhile, stopHere: meanwhile() }
    seats.set(n, seat)
    thread ??= begin(entry, { hear: (told) => hearAt(seats, told), failed })
    const { worker, ready } = thread
    worker.postMessage({ n, join } satisfies Joining)
    if (await ready) {
      worker.unref()
      await seat.stopHere?.()
      // It may have failed meanwhile.
      if (seats.has(n)) seat.stopHere = undefined
      else seat.stopHere = meanwhile()
    }
    return async () => {
      await seat.stopHere?.()
      if (!seats.delete(n)) return
      worker.postMessage({ n } satisfies Joining)
      if (seats.size > 0) return
      thread = undefined
      await worker.terminate()
    }
  }
}

function hearAt(seats: ReadonlyMap<number, Seat>, { n, heard, sentAt }: Exclude<Told, 'ready'>): void {
  seats.get(n)?.hear('code' in heard ? new StoreError(heard.code, heard.text) : heard, sentAt)
}

interface Ears {
  hear(told: Exclude<Told, 'ready'>): void
  failed(cause: unknown, wasReady: boolean): void
}

function begin({ module, name, workerData }: Entry, { hear, failed }: Ears): Thread {
  // The program's own flags, such as --input-type, are not meant for this thread.
  const worker = new Worker(module, { workerData, execArgv: [], name })
  let wasReady = false
  const ready = new Promise<boolean>((resolve) => {
    worker.on('message', (one: Told) => {
      if (one !== 'ready') return hear(one)
      wasReady = true
      resolve(true)
    })
    worker.on('error', (cause) => {
      resolve(false)
      failed(cause, wasReady)
    })
  })
  return { worker, ready }
}

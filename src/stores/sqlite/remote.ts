import { Worker } from 'node:worker_threads'
import { StoreError } from '../../job/errors.ts'
import type { Beat, Beaten, Pulse } from '../../store/contract.ts'
import { fromFault } from './faults.ts'
import type { Reply } from './desk.ts'
import type { Call } from './group.ts'
import type { Answer, FromThread, Init, ToThread } from './messages.ts'
import { pack, unpack } from './parcel.ts'
import type { Verb } from './verbs.ts'

/** This side of the store's thread: calls go over, answers come back after their commit. */
export interface Remote {
  call(verb: Verb, args: readonly unknown[]): Promise<unknown>
  open(): Promise<unknown>
  migrate(dryRun: boolean): Promise<unknown>
  beat(beat: Beat, pulse: Pulse, hear: (answer: Beaten | Error) => void): () => void
  listen(on: boolean): void
  /** Resolves when the thread has ended; what was called before is answered first. */
  close(): Promise<void>
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** Starts the thread. It keeps the process alive only while a call is pending. */
export function startThread(init: Init, ring: () => void): Remote {
  const pending = new Map<number, Pending>()
  const hearers = new Map<number, (answer: Beaten | Error) => void>()
  const worker = new Worker(new URL('./thread.js', import.meta.url), {
    workerData: init,
    name: 'legwork sqlite',
  })
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  let batch: Call[] = []
  let lastId = 0
  let broken: StoreError | undefined
  let closing = false
  worker.unref()
  worker.on('message', hear)
  worker.on('error', (error) =>
    fail(`the store's thread failed: ${error instanceof Error ? error.message : String(error)}`, error),
  )
  worker.on('exit', () => fail("the store's thread has ended"))

  const post = (message: ToThread): void => worker.postMessage(message)

  function request(send: (id: number) => void): Promise<unknown> {
    if (broken) return Promise.reject(broken)
    return new Promise((resolve, reject) => {
      lastId += 1
      if (pending.size === 0) worker.ref()
      pending.set(lastId, { resolve, reject })
      send(lastId)
    })
  }
  function call(verb: Verb, args: readonly unknown[]): Promise<unknown> {
    return request((id) => {
      // Calls of one turn cross together, and so share a commit.
      if (batch.length === 0) queueMicrotask(flush)
      batch.push({ id, verb, args })
    })
  }
  function flush(): void {
    const calls = batch
    batch = []
    try {
      post({ kind: 'calls', calls: pack(calls) })
    } catch {
      // One argument cannot cross (a function, say): it must not take the others with it.
      for (const one of calls) postAlone(one)
    }
  }
  function postAlone(one: Call): void {
    try {
      post({ kind: 'calls', calls: pack([one]) })
    } catch (error) {
      settlePending(one.id, (p) =>
        p.reject(
          new StoreError(
            'LW1007',
            `${one.verb}: an argument cannot be copied to the store's thread.`,
            {},
            { cause: error },
          ),
        ),
      )
    }
  }
  function hear(message: FromThread): void {
    if (message.kind === 'bell') return ring()
    if (message.kind === 'beaten') return hearers.get(message.id)?.(answerOf(message.reply))
    for (const { id, reply } of unpack<Answer>(message.answers)) {
      settlePending(id, (p) => ('fault' in reply ? p.reject(fromFault(reply.fault)) : p.resolve(reply.value)))
    }
  }
  function settlePending(id: number, how: (p: Pending) => void): void {
    const one = pending.get(id)
    if (!one) return
    pending.delete(id)
    // While it closes the thread alone keeps the process alive, until `close` has been answered by its end.
    if (pending.size === 0 && !closing) worker.unref()
    how(one)
  }
  function fail(text: string, cause?: unknown): void {
    broken ??= new StoreError('LW1007', `${text}.`, { path: init.settings.path }, { cause })
    for (const one of pending.values()) one.reject(broken)
    pending.clear()
    for (const tell of hearers.values()) tell(broken)
    hearers.clear()
  }
  return {
    call,
    open: () => request((id) => post({ kind: 'open', id })),
    migrate: (dryRun) => request((id) => post({ kind: 'migrate', id, dryRun })),
    beat(beat, { tick, everyMs, maxStallMs }, tell) {
      if (broken) throw broken
      lastId += 1
      const id = lastId
      hearers.set(id, tell)
      post({ kind: 'beat', id, beat, pulse: { tick, everyMs, maxStallMs } })
      return () => {
        hearers.delete(id)
        post({ kind: 'unbeat', id })
      }
    },
    listen: (on) => post({ kind: 'listen', on }),
    async close() {
      hearers.clear()
      if (batch.length > 0) flush()
      closing = true
      worker.ref()
      post({ kind: 'close' })
      await ended
    },
  }
}

// The thread answers a beat with `Beaten`.
const answerOf = (reply: Reply): Beaten | Error =>
  'fault' in reply ? fromFault(reply.fault) : (reply.value as Beaten)

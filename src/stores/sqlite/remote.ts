import { Worker } from 'node:worker_threads'
import { StoreError } from '../../job/errors.ts'
import type { Beat, Beaten, Hear, Pulse } from '../../store/contract.ts'
import { realClock } from '../../world.ts'
import { fromFault } from './faults.ts'
import type { Reply } from './desk.ts'
import type { Call } from './group.ts'
import type { FromThread, Init, ToThread } from './messages.ts'
import type { Verb } from './verbs.ts'

/** This side of the store's thread: calls go over, answers come back after their commit. */
export interface Remote {
  /** The thread has died; whatever is called of it is refused. */
  readonly isBroken: boolean
  call(verb: Verb, args: readonly unknown[]): Promise<unknown>
  open(): Promise<unknown>
  migrate(dryRun: boolean): Promise<unknown>
  beat(beat: Beat, pulse: Pulse, hear: Hear): () => void
  listen(on: boolean): void
  /** Resolves when the thread has ended; what was called before is answered first. */
  close(): Promise<void>
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** Starts the thread. It keeps the process alive only while a call is pending. */
export const startThread = (init: Init, ring: () => void): Remote => new StoreThread(init, ring)

class StoreThread implements Remote {
  readonly #worker: Worker
  readonly #path: string
  readonly #ring: () => void
  readonly #pending = new Map<number, Pending>()
  readonly #hearers = new Map<number, Hear>()
  readonly #ended: Promise<void>
  #batch: Call[] = []
  #lastId = 0
  #broken: StoreError | undefined
  #isClosing = false

  constructor(init: Init, ring: () => void) {
    this.#path = init.settings.path
    this.#ring = ring
    this.#worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData: init,
      // The program's own flags, such as --input-type, are not meant for this thread.
      execArgv: [],
      name: 'legwork sqlite',
    })
    this.#worker.unref()
    this.#worker.on('message', (message: FromThread) => this.#hear(message))
    this.#worker.on('error', (error) =>
      this.#fail(
        `the store's thread failed: ${error instanceof Error ? error.message : String(error)}`,
        error,
      ),
    )
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()))
    this.#worker.on('exit', () => this.#fail("the store's thread has ended"))
  }

  get isBroken(): boolean {
    return this.#broken !== undefined
  }

  call(verb: Verb, args: readonly unknown[]): Promise<unknown> {
    return this.#request((id) => {
      // Calls of one turn cross together, and so share a commit.
      if (this.#batch.length === 0) queueMicrotask(() => this.#flush())
      this.#batch.push({ id, verb, args })
    })
  }

  open(): Promise<unknown> {
    return this.#request((id) => this.#post({ kind: 'open', id }))
  }

  migrate(dryRun: boolean): Promise<unknown> {
    return this.#request((id) => this.#post({ kind: 'migrate', id, dryRun }))
  }

  beat(beat: Beat, { tick, everyMs, maxStallMs }: Pulse, hear: Hear): () => void {
    if (this.#broken) throw this.#broken
    this.#lastId += 1
    const id = this.#lastId
    this.#hearers.set(id, hear)
    this.#post({ kind: 'beat', id, beat, pulse: { tick, everyMs, maxStallMs } })
    return () => {
      this.#hearers.delete(id)
      this.#post({ kind: 'unbeat', id })
    }
  }

  listen(on: boolean): void {
    this.#post({ kind: 'listen', on })
  }

  async close(): Promise<void> {
    this.#hearers.clear()
    if (this.#batch.length > 0) this.#flush()
    this.#isClosing = true
    this.#worker.ref()
    this.#post({ kind: 'close' })
    await this.#ended
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message)
  }

  #request(send: (id: number) => void): Promise<unknown> {
    if (this.#broken) return Promise.reject(this.#broken)
    return new Promise((resolve, reject) => {
      this.#lastId += 1
      if (this.#pending.size === 0) this.#worker.ref()
      this.#pending.set(this.#lastId, { resolve, reject })
      send(this.#lastId)
    })
  }

  #flush(): void {
    const calls = this.#batch
    this.#batch = []
    try {
      this.#post({ kind: 'calls', calls })
    } catch {
      // One argument cannot cross (a function, say): it must not take the others with it.
      for (const one of calls) this.#postAlone(one)
    }
  }

  #postAlone(one: Call): void {
    try {
      this.#post({ kind: 'calls', calls: [one] })
    } catch (cause) {
      const text = `${one.verb}: an argument cannot be copied to the store's thread.`
      this.#settle(one.id, ({ reject }) => reject(new StoreError('LW1007', text, {}, { cause })))
    }
  }

  #hear(message: FromThread): void {
    if (message.kind === 'bell') return this.#ring()
    if (message.kind === 'beaten')
      return this.#hearers.get(message.id)?.(answerOf(message.reply), message.sentAt)
    for (const { id, reply } of message.answers) {
      this.#settle(id, (p) => ('fault' in reply ? p.reject(fromFault(reply.fault)) : p.resolve(reply.value)))
    }
  }

  #settle(id: number, how: (p: Pending) => void): void {
    const one = this.#pending.get(id)
    if (!one) return
    this.#pending.delete(id)
    // While it closes the thread alone keeps the process alive, until `close` has been answered by its end.
    if (this.#pending.size === 0 && !this.#isClosing) this.#worker.unref()
    how(one)
  }

  #fail(text: string, cause?: unknown): void {
    this.#broken ??= new StoreError('LW1007', `${text}.`, { path: this.#path }, { cause })
    for (const one of this.#pending.values()) one.reject(this.#broken)
    this.#pending.clear()
    for (const tell of this.#hearers.values()) tell(this.#broken, realClock.monotonic())
    this.#hearers.clear()
  }
}

// The thread answers a beat with `Beaten`.
const answerOf = (reply: Reply): Beaten | Error =>
  'fault' in reply ? fromFault(reply.fault) : (reply.value as Beaten)

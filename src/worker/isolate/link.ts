import { fork } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import type { Isolation } from '../../define/isolation.ts'
import { causeOf } from '../../job/cause.ts'
import type { FromGuest, ToGuest } from './messages.ts'

/** The line to a thread or a process. */
export interface Link {
  /** Of a process of its own. */
  readonly pid: number | undefined
  /** @throws when the message holds what cannot be sent, such as a function. */
  send(message: ToGuest): void
  /** Whether it keeps this process alive. */
  hold(isHeld: boolean): void
  /** Ends it at once, whatever it does. */
  kill(): void
  /** Lets it end; it holds no job. */
  release(): void
}

export interface Hearer {
  onMessage(message: FromGuest): void
  /** Once, with the cause for people. */
  onEnd(cause: string): void
}

/** Where an isolate begins; beside the package's front door. */
const guest = new URL('../../isolate-child.js', import.meta.url)

export const open = (isolation: Isolation, hearer: Hearer): Link =>
  isolation.in === 'thread' ? openThread(isolation, hearer) : openProcess(isolation, hearer)

const mb = (bytes: number): number => Math.floor(bytes / 1_048_576)

function openProcess({ memoryBytes }: Isolation, { onMessage, onEnd }: Hearer): Link {
  const own = process.execArgv.filter(
    (flag) => memoryBytes === undefined || !flag.includes('max-old-space-size'),
  )
  const child = fork(guest, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [...own, ...(memoryBytes === undefined ? [] : [`--max-old-space-size=${mb(memoryBytes)}`])],
  })
  const end = once(onEnd)
  child.on('message', (message) => onMessage(message as FromGuest))
  child.once('exit', (code, signal) => end(causeOf(code, signal)))
  child.once('error', (error) => child.pid === undefined && end(error.message))
  const hold = (isHeld: boolean) => {
    if (isHeld) child.ref()
    else child.unref()
    // The channel counts apart from the process.
    const { channel } = child
    if (isHeld) channel?.ref()
    else channel?.unref()
  }
  hold(false)
  return {
    pid: child.pid,
    // A message to one that is just ending is answered by its end.
    send: (message) => void (child.connected && child.send(message, () => {})),
    hold,
    kill: () => void child.kill('SIGKILL'),
    release: () => void (child.connected && child.disconnect()),
  }
}

function openThread({ memoryBytes }: Isolation, { onMessage, onEnd }: Hearer): Link {
  const limit = memoryBytes === undefined ? undefined : mb(memoryBytes)
  const thread = new Worker(
    guest,
    limit === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: limit } },
  )
  const end = once(onEnd)
  let cause: string | undefined
  thread.on('message', onMessage)
  thread.once('error', (error: Error & { code?: string }) => {
    const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    cause = isMemory ? 'out of memory' : `it threw ${error.name}: ${error.message}`
  })
  thread.once('exit', (code) => end(cause ?? `exit code ${code}`))
  thread.unref()
  return {
    pid: undefined,
    send: (message) => thread.postMessage(message),
    hold: (isHeld) => (isHeld ? thread.ref() : thread.unref()),
    kill: () => void thread.terminate(),
    release: () => void thread.terminate(),
  }
}

function once(call: (cause: string) => void): (cause: string) => void {
  let isDone = false
  return (cause) => {
    if (isDone) return
    isDone = true
    call(cause)
  }
}

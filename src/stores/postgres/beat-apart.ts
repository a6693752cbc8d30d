import { Worker } from 'node:worker_threads'
import { StoreError } from '../../job/errors.ts'
import type { Beat, Beaten, Pulse } from '../../store/contract.ts'
import type { Where } from './connect.ts'

/** What the thread of the beats is told. */
export interface Apart {
  readonly where: Pick<Where, 'url' | 'timeoutMs' | 'callTimeoutMs'>
  /** Quoted. */
  readonly schema: string
  /** For messages. */
  readonly shown: string
  readonly beat: Beat
  readonly pulse: Pulse
}

/** What it tells: that it is there, and what each beat heard. */
export type Told = 'ready' | Beaten | { readonly code: StoreError['code']; readonly text: string }

export interface Beating extends Apart {
  hear(answer: Beaten | Error): void
  /** Beats on this loop until the thread is there. */
  meanwhile(): () => Promise<void>
}

/**
 * Beats from a thread with a connection of its own, as long as the pulse's tick moves: handlers that keep the event loop busy
 * keep their lease. The answer ends it.
 */
export async function beatApart({ hear, meanwhile, ...apart }: Beating): Promise<() => Promise<void>> {
  let stopped = false
  const told = (answer: Beaten | Error) => void (stopped || hear(answer))
  const stopHere = meanwhile()
  const thread = new Worker(new URL('./beat-thread.js', import.meta.url), {
    workerData: apart satisfies Apart,
    // The program's own flags, such as --input-type, are not meant for this thread.
    execArgv: [],
    name: 'legwork postgres beat',
  })
  await new Promise<void>((resolve) => {
    thread.on('message', (one: Told) => {
      if (one === 'ready') resolve()
      else told('code' in one ? new StoreError(one.code, one.text) : one)
    })
    thread.on('error', (cause) => {
      resolve()
      told(new StoreError('LW1007', `the thread that beats failed: ${String(cause)}`, {}, { cause }))
    })
  })
  thread.unref()
  await stopHere()
  return async () => {
    stopped = true
    await thread.terminate()
  }
}

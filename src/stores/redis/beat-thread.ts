// The thread that beats for workers whose own event loop may be busy.
import { workerData } from 'node:worker_threads'
import { StoreError } from '../../job/errors.ts'
import { beatInside } from '../server/beat-thread.ts'
import { beat } from './beat.ts'
import { dial } from './connect.ts'
import { codedError } from './faults.ts'
import type { Dialling, Port } from './port.ts'
import { runner } from './script.ts'

/** What the thread is told at its start. */
export interface Apart {
  readonly dialling: Dialling
  /** For messages. */
  readonly where: string
}

// The other side starts this thread with exactly this.
const { dialling, where } = workerData as Apart

let dialled: Promise<Port> | undefined

/** One connection, which comes back by itself; one that could not be made is tried anew by the next beat. */
function connected(): Promise<Port> {
  dialled ??= connect().catch((error: unknown) => {
    dialled = undefined
    throw error
  })
  return dialled
}

async function connect(): Promise<Port> {
  const client = await dial(dialling)
  await client.connect()
  return client
}

beatInside({
  reach: connected,
  send: async (tag, one) =>
    beat(
      runner(await connected(), tag, () => ''),
      one,
    ),
  coded: (error) => (error instanceof StoreError ? error : codedError(error, where)),
})

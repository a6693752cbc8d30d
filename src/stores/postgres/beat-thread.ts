// The thread that beats for workers whose own event loop may be busy.
import { workerData } from 'node:worker_threads'
import { beatInside } from '../server/beat-thread.ts'
import { beat, patienceMs } from './beat.ts'
import { connect, type Link, type Where } from './connect.ts'
import { newEngine } from './engine.ts'
import { toStoreError } from './faults.ts'

/** What the thread is told at its start. */
export interface Apart extends Pick<Where, 'url' | 'timeoutMs' | 'callTimeoutMs'> {
  /** For messages. */
  readonly where: string
}

// The other side starts this thread with exactly this.
const { where, ...how } = workerData as Apart

let connecting: Promise<Link> | undefined
const link = (): Promise<Link> => {
  connecting ??= connect({ ...how, pool: undefined, max: 2 })
  return connecting
}

beatInside({
  reach: async () => (await link()).query(`select 'here' as answer`),
  send: (schema, one) => beat(newEngine({ link, schema, where, clock: undefined }), one),
  coded: (error) => toStoreError(error, where),
  patienceMs,
})

// The thread that beats for workers whose own event loop may be busy.
import { parentPort, workerData } from 'node:worker_threads'
import { StoreError } from '../../job/errors.ts'
import { realClock } from '../../world.ts'
import { beat } from './beat.ts'
import type { Apart, Failed, Joining, Told } from './beat-apart.ts'
import { dial } from './connect.ts'
import { codedError } from './faults.ts'
import type { Port } from './port.ts'
import { pulsing } from './pulse.ts'
import { runner } from './script.ts'

if (!parentPort) throw new Error('This module is the entry of a worker thread.')
const port = parentPort
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

function failed(error: Error): Failed {
  const { code, message } = error instanceof StoreError ? error : codedError(error, where)
  return { code, text: message.slice(code.length + 1) }
}

// Whether the server answers now or not: the next beat will see.
const ready = () => port.postMessage('ready' satisfies Told)
connected().then(ready, ready)

const stops = new Map<number, () => Promise<void>>()

// Its timers keep nobody alive, and this thread lives until it is ended.
port.on('message', ({ n, join }: Joining) => {
  void stops.get(n)?.()
  stops.delete(n)
  if (!join) return
  const send = async () =>
    beat(
      runner(await connected(), join.tag, () => ''),
      join.beat,
    )
  const stop = pulsing(realClock, {
    pulse: join.pulse,
    send,
    hear: (answer) =>
      port.postMessage({ n, heard: answer instanceof Error ? failed(answer) : answer } satisfies Told),
  })
  stops.set(n, stop)
})

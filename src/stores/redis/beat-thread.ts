// The thread that beats for a worker whose own event loop may be busy.
import { parentPort, workerData } from 'node:worker_threads'
import { StoreError } from '../../job/errors.ts'
import { realClock } from '../../world.ts'
import { beat } from './beat.ts'
import type { Apart, Told } from './beat-apart.ts'
import { dial } from './connect.ts'
import { codedError } from './faults.ts'
import { tagOf } from './life.ts'
import { pulsing } from './pulse.ts'
import { type Run, runner } from './script.ts'

if (!parentPort) throw new Error('This module is the entry of a worker thread.')
const port = parentPort
// The other side starts this thread with exactly this.
const { dialling, prefix, where, beat: one, pulse } = workerData as Apart

let running: Promise<Run> | undefined

/** One connection, which comes back by itself; one that could not be made is tried anew by the next beat. */
function connected(): Promise<Run> {
  running ??= connect().catch((error: unknown) => {
    running = undefined
    throw error
  })
  return running
}

async function connect(): Promise<Run> {
  const client = await dial(dialling)
  await client.connect()
  return runner(client, tagOf({ prefix }), () => '')
}

function tell(answer: unknown): void {
  if (!(answer instanceof Error)) return port.postMessage(answer as Told)
  const { code, message } = answer instanceof StoreError ? answer : codedError(answer, where)
  port.postMessage({ code, text: message.slice(code.length + 1) } satisfies Told)
}

// Whether the server answers now or not: the next beat will see.
const ready = () => port.postMessage('ready' satisfies Told)
connected().then(ready, ready)

pulsing(realClock, { pulse, send: async () => beat(await connected(), one), hear: tell })

// Its timers keep nobody alive, and this thread lives until it is ended.
port.on('message', () => {})

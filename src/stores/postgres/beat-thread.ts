// The thread that beats for a worker whose own event loop may be busy.
import { parentPort, workerData } from 'node:worker_threads'
import { realClock } from '../../world.ts'
import { beat } from './beat.ts'
import type { Apart, Told } from './beat-apart.ts'
import { connect, type Link } from './connect.ts'
import { newEngine } from './engine.ts'
import { toStoreError } from './faults.ts'
import { pulsing } from './pulse.ts'

if (!parentPort) throw new Error('This module is the entry of a worker thread.')
const port = parentPort
// The other side starts this thread with exactly this.
const { where, schema, shown, beat: one, pulse } = workerData as Apart

let connecting: Promise<Link> | undefined
const link = (): Promise<Link> => {
  connecting ??= connect({ ...where, pool: undefined, max: 2 })
  return connecting
}
const e = newEngine({ link, schema, where: shown, clock: undefined })

// Whether the server answers now or not: the next beat will see.
const ready = () => port.postMessage('ready' satisfies Told)
link()
  .then((one) => one.query(`select 'here' as answer`))
  .then(ready, ready)

pulsing(realClock, { pulse, send: () => beat(e, one), hear: tell })

function tell(answer: unknown): void {
  if (!(answer instanceof Error)) return port.postMessage(answer as Told)
  const { code, message } = toStoreError(answer, shown)
  port.postMessage({ code, text: message.slice(code.length + 1) } satisfies Told)
}

// Its timers keep nobody alive, and this thread lives until it is ended.
port.on('message', () => {})

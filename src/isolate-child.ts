// Where an isolate begins, as a thread or as a process.
import { parentPort } from 'node:worker_threads'
import { loadModule } from './load-module.ts'
import { Guest } from './worker/isolate/guest.ts'
import type { FromGuest, ToGuest } from './worker/isolate/messages.ts'
import { consoleLogger, realClock } from './world.ts'

const port = parentPort
const send = port
  ? (message: FromGuest) => port.postMessage(message)
  : (message: FromGuest) =>
      void (process.connected && process.send?.(message, undefined, undefined, () => {}))
const guest = new Guest({ send, load: loadModule, clock: realClock, log: consoleLogger })
// The user's code may use the same channel.
const isOurs = (message: unknown): message is ToGuest =>
  typeof (message as { legwork?: unknown } | null)?.legwork === 'string'
const listen = (message: unknown) => isOurs(message) && guest.hear(message)
if (port) port.on('message', listen)
else {
  process.on('message', listen)
  // Ctrl-C reaches every process of a terminal; when to end is the worker's to say.
  process.on('SIGINT', () => {}).on('SIGTERM', () => {})
  // The worker has let go of it, or is dead.
  process.on('disconnect', () => process.exit(0))
}

import { randomFillSync } from 'node:crypto'
import type { Clock } from './job/clock.ts'
import type { Logger } from './job/logger.ts'

/** The machine's own time: the edge where `Date.now` and timers are real. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
  after(ms, then, options) {
    // A timer takes at most 2^31-1 ms, so a longer wait is made of several.
    let timer: NodeJS.Timeout
    const wait = (left: number): void => {
      const step = Math.min(Math.max(0, left), 2_147_483_647)
      timer = setTimeout(() => (left > step ? wait(left - step) : then()), step)
      if (options?.idle) timer.unref()
    }
    wait(ms)
    return () => clearTimeout(timer)
  },
}

/** Fetched from the system 256 numbers at a time, for each fetch costs as much as all of a job's id. */
const chance = Buffer.alloc(6 * 256)
let chanceAt = chance.length

/** 0 <= n < 1 from the system's random source. */
export const realRandom = (): number => {
  if (chanceAt === chance.length) {
    randomFillSync(chance)
    chanceAt = 0
  }
  chanceAt += 6
  return chance.readUIntBE(chanceAt - 6, 6) / 2 ** 48
}

/** Keys as JSON text, for tasks that encrypt. */
export const environmentKeys = (): string | undefined => process.env['LEGWORK_KEYS'] || undefined

/** Warnings and errors as one line each on standard error; the rest is silent. Its fields come last, as JSON. */
export const consoleLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (data, message) => writeLine('WARN', data, message),
  error: (data, message) => writeLine('ERROR', data, message),
}

function writeLine(level: string, data: object, message: string): void {
  // A message can carry text of a hostile payload: control characters must not reach a terminal.
  const line = `${new Date().toISOString()} legwork ${level} ${message} ${JSON.stringify(data)}`
  process.stderr.write(`${line.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')}\n`)
}

// The folder in which the tests of the command line work: a few tasks, their handlers, and a store beside them.
import { join } from 'node:path'
import { legwork } from 'legwork'
import { onTestFinished } from 'vitest'
import { type Ended, folder, start } from './cli-kit.ts'

export interface Items {
  readonly items: readonly (Record<string, unknown> & { readonly id: string })[]
  readonly cursor?: string
}

export const jobsFile = `
import { legwork, task } from 'legwork'
const name = { '~standard': { version: 1, vendor: 'test', validate: (value) =>
  typeof value?.name === 'string' ? { value } : { issues: [{ message: 'expected a text', path: ['name'] }] } } }
export const hello = task('hello', { input: name })
const fails = task('fails', { retry: { attempts: 1 } })
const waits = task('waits')
const dies = task('dies', { retry: { attempts: 1 } })
export const app = legwork('./elsewhere.db')
app.handle(hello, ({ input }) => 'Hello ' + input.name)
app.handle(fails, ({ log }) => { log.warn('one \\u001b[31mred line'); throw new Error('bad \\u001b[2J\\u202e\\u009b1m news') })
app.handle(dies, () => { throw new Error('dies') })
app.handle(waits, ({ signal, progress }) => new Promise((done, lost) => {
  progress({ percent: 62, note: 'waiting' })
  signal.addEventListener('abort', () => lost(signal.reason))
}))
`

export const url = { LEGWORK_URL: './jobs.db' }
export const shop = () => ({ cwd: folder({ 'jobs.mjs': jobsFile }), env: url })

/** A worker that is ready. */
export async function worker(where: ReturnType<typeof shop>, ...more: string[]) {
  const running = start(['worker', 'jobs.mjs', ...more], where)
  await running.line(/ready/)
  return running
}

/** The store of a folder, seen by a producer in this process. */
export function producer({ cwd }: { cwd: string }) {
  const app = legwork(join(cwd, 'jobs.db'))
  onTestFinished(() => app.stop())
  return app
}

export async function untilStarted(app: ReturnType<typeof producer>, id: string): Promise<void> {
  for await (const event of app.job(id).events()) if (event.type === 'started') return
}

export const ids = ({ out }: Ended) => out.trim().split('\n')

import { setTimeout as wait } from 'node:timers/promises'
import { Dead, legwork, Snooze } from 'legwork'
import { insist, passing, storeAt } from './engines.mjs'
import { historyFile, recording } from './history.mjs'
import { chore } from './tasks.mjs'

const { name, url, history, concurrency, leaseMs } = JSON.parse(process.argv[2])
const book = historyFile(history, name)
const quiet = {
  debug() {},
  info() {},
  warn() {},
  error(data, message) {
    // While the server is away, that is all there is to say.
    if (!passing.has(data.err?.code)) process.stderr.write(`${name}: ${message} ${JSON.stringify(data)}\n`)
  },
}
const app = legwork({ store: recording(storeAt(url), book), log: quiet })
let running = 0

app.handle(chore, async ({ input, job, attempt, signal }) => {
  const line = { ty: 'ok', worker: app.workerId, job: job.id, fence: job.fence }
  book.write([{ ...line, n: book.next(), f: 'start' }])
  running += 1
  try {
    await wait(input.ms, undefined, { signal })
    if (input.dies) throw new Dead('asked to die')
    if (input.snoozes && attempt - job.losses <= input.snoozes) throw new Snooze(30)
    if (input.fails && job.failures < input.fails)
      throw new Error(`failure ${job.failures + 1} of ${input.fails}`)
    // Which run it was, so that the checker can tell their results apart.
    return { i: input.i, fence: job.fence }
  } finally {
    running -= 1
    book.write([{ ...line, n: book.next(), f: 'end' }])
  }
})

await insist(() =>
  app.start({
    concurrency,
    lease: leaseMs,
    beat: Math.floor(leaseMs / 6),
    onRegister: (worker) => process.send?.({ worker }),
  }),
)
setInterval(() => process.send?.({ running }), 20).unref()
process.send?.({ ready: true })
process.once('SIGTERM', () => void app.stop({ grace: '5s' }).then(() => process.exit(0)))
process.once('disconnect', () => process.exit(1))

// Legwork as users have it: the built package, each store with its defaults.
import { hostname } from 'node:os'
import { legwork, task, unchecked } from '../../dist/index.js'
import { openStore } from '../../dist/open-store.js'

/** Settings that say what a commit survives, of whichever engine. */
const decisive = ['journal_mode', 'synchronous', 'fsync', 'synchronous_commit', 'appendonly', 'appendfsync']

const noop = task('bench.noop', { input: unchecked() })

export async function open({ file, url }) {
  const calls = { n: 0 }
  const store = counting(await openStore(url ?? file), calls)
  const app = legwork({ store, enqueueTimeout: '60s' })
  const options = (dueAt) => (dueAt === undefined ? {} : { runAt: new Date(dueAt) })
  return {
    async durability() {
      const { level, findings } = await app.durability()
      const of = (about) => findings.find((finding) => finding.about === about)
      const settings = decisive.filter(of).map((about) => `${about} ${of(about).value}`)
      return {
        level,
        engine: of('driver')?.value ?? of('server')?.value ?? store.name,
        settings: settings.join(', '),
      }
    },
    enqueue: (data, dueAt) => app.enqueue(noop, data, options(dueAt)),
    enqueueMany: (list, dueAt) => app.enqueueMany(noop, list, options(dueAt)),
    async startWorker({ concurrency, onJob }) {
      app.handle(noop, ({ input }) => onJob(input))
      await app.start({ concurrency })
      return { stop: () => app.stop() }
    },
    claimer: () => claimer(app),
    calls: () => calls.n,
    close: () => app.stop(),
  }
}

/** Claims as a worker does, without running anything. */
async function claimer(app) {
  const store = await app.store()
  const worker = `bench-${process.pid}`
  const about = {
    host: hostname(),
    pid: process.pid,
    version: '0',
    queues: ['default'],
    tasks: [noop.name],
    concurrency: 1,
  }
  await store.beat({ worker, ttlMs: 600_000, about })
  let call = 0
  return {
    async claim(limit) {
      call += 1
      const queues = [{ name: 'default', limit }]
      const { jobs } = await store.claim({ worker, call, received: call - 1, limit, queues })
      return jobs.length
    },
    release: () => store.leave(worker),
  }
}

/** Counts what a worker says to its store, besides the beats, which the store's own thread sends. */
function counting(store, calls) {
  const counted = { ...store }
  for (const verb of ['enqueue', 'claim', 'settle', 'exchange', 'record', 'beat', 'tend'])
    counted[verb] = (...args) => {
      calls.n += 1
      return store[verb](...args)
    }
  return counted
}

/** Looks at a store that is no table of SQL: at its counters alone, as at those of its peers, for it looks often. */
export async function probe({ client }) {
  const count = async () => {
    const fields = Object.entries(await client.hgetall('{legwork:0}:counts'))
    return Object.fromEntries(fields.map(([field, n]) => [field.split('\n')[1], Number(n)]))
  }
  const completed = async () => (await count()).completed ?? 0
  return {
    async isDrained() {
      const { completed: _completed, dead: _dead, cancelled: _cancelled, ...live } = await count()
      return Object.values(live).every((n) => n === 0)
    },
    counted: completed,
    settled: completed,
    close: async () => {},
  }
}

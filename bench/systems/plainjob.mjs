// plainjob, the best SQLite queue on npm, on better-sqlite3 and with the settings that it chooses itself.
import Database from 'better-sqlite3'
import { better, defineQueue, defineWorker } from 'plainjob'

const type = 'noop'
const logger = { debug() {}, info() {}, warn() {}, error: console.error }
/** Its workers poll; once a second is the default, and this is what it takes to be quick. */
const pollIntervall = 5

export async function open({ file, variant }) {
  const db = new Database(file)
  const calls = { n: 0 }
  const queue = defineQueue({ connection: counting(better(db), calls), logger })
  if (variant === 'full') db.pragma('synchronous = full')
  const options = (dueAt) =>
    dueAt === undefined ? {} : { delay: Math.max(0, Math.round(dueAt - Date.now())) }
  return {
    async durability() {
      const { version } = db.prepare('select sqlite_version() as version').get()
      const synchronous = ['off', 'normal', 'full', 'extra'][db.pragma('synchronous', { simple: true })]
      const level = synchronous === 'normal' ? 'process-safe' : 'power-safe'
      const journal = db.pragma('journal_mode', { simple: true })
      const settings = `journal_mode ${journal}, synchronous ${synchronous}`
      return { level, engine: `better-sqlite3, SQLite ${version}`, settings }
    },
    enqueue: async (data, dueAt) => queue.add(type, data, options(dueAt)),
    enqueueMany: async (list, dueAt) => queue.addMany(type, list, options(dueAt)),
    async startWorker({ concurrency, onJob }) {
      const handle = async (job) => onJob(JSON.parse(job.data))
      const workers = Array.from({ length: concurrency }, () =>
        defineWorker(type, handle, { queue, logger, pollIntervall }),
      )
      for (const worker of workers) worker.start().catch((error) => console.error(error))
      return { stop: () => Promise.all(workers.map((worker) => worker.stop())) }
    },
    async claimer() {
      return {
        async claim(limit) {
          let n = 0
          while (n < limit && queue.getAndMarkJobAsProcessing(type)) n += 1
          return n
        },
        release: async () => db.exec('update plainjob_jobs set status = 0 where status = 1'),
      }
    },
    calls: () => calls.n,
    close: async () => queue.close(),
  }
}

/** Counts the statements that are run. */
function counting(connection, calls) {
  const prepare = (text) => {
    const statement = connection.prepare(text)
    const counted =
      (verb) =>
      (...args) => {
        calls.n += 1
        return statement[verb](...args)
      }
    return { run: counted('run'), get: counted('get'), all: counted('all') }
  }
  return { ...connection, prepare }
}

// What the engine could do: the rows that Legwork writes for a job that completes at its first attempt, in Legwork's own
// tables with their indexes, in batches of the size that Legwork uses, in one thread, with no queue around it.
// test/bench.test.ts checks that the rows are the same.
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { driver, sqlite } from '../../dist/stores/sqlite/index.js'
import { ready, rowsOn, running } from './raw-rows.mjs'
import { sharing } from './sharing.mjs'

/** As many as a worker of Legwork claims ahead at most. */
const claimBatch = 1_000

export async function open({ file }) {
  await makeTables(file)
  // The library of Legwork's: two SQLite libraries on one file in one process would take each other's locks.
  const { DatabaseSync, name } = await driver()
  const db = new DatabaseSync(file, { timeout: 0 })
  db.exec('pragma journal_mode = wal; pragma synchronous = full')
  db.exec('pragma cache_size = -16000; pragma temp_store = memory; pragma wal_autocheckpoint = 4000')
  const rows = rowsOn(db)
  const enqueueMany = (list) => committed(db, () => rows.enqueue(list))
  return {
    async durability() {
      const { version } = db.prepare('select sqlite_version() as version').get()
      const { synchronous } = db.prepare('pragma synchronous').get()
      const { journal_mode } = db.prepare('pragma journal_mode').get()
      return {
        level: synchronous >= 2 ? 'power-safe' : 'process-safe',
        engine: `${name}, SQLite ${version}`,
        settings: `journal_mode ${journal_mode}, synchronous ${['off', 'normal', 'full', 'extra'][synchronous]}`,
      }
    },
    enqueue: sharing(enqueueMany),
    enqueueMany,
    startWorker: async ({ onJob }) => startWorker(db, rows, onJob),
    claimer: async () => ({
      claim: async (limit) => (await committed(db, () => rows.claim(limit))).length,
      release: async () => db.exec(`update legwork_ticket set state = ${ready} where state = ${running}`),
    }),
    close: async () => db.close(),
  }
}

/** Legwork makes them, so that they are what they are in this version. */
async function makeTables(file) {
  const store = sqlite(file)
  await store.open()
  await store.close()
}

/** One commit, tried again while another process writes. */
async function committed(db, work) {
  for (;;) {
    try {
      db.exec('begin immediate')
      break
    } catch (error) {
      if (!/locked|busy/i.test(String(error))) throw error
      await nextTurn()
    }
  }
  const answer = work()
  db.exec('commit')
  return answer
}

function startWorker(db, rows, onJob) {
  let isOver = false
  const working = (async () => {
    let done = []
    while (!isOver || done.length > 0) {
      const settled = done
      done = await committed(db, () => {
        rows.settle(settled)
        return isOver ? [] : rows.claim(claimBatch)
      })
      await Promise.all(done.map(async (job) => onJob(JSON.parse(job.payload))))
      // Others must have their turn, and there is no bell here.
      await (done.length === 0 && settled.length === 0 ? wait(1) : nextTurn())
    }
  })()
  working.catch((error) => console.error(error))
  return {
    async stop() {
      isOver = true
      await working
    },
  }
}

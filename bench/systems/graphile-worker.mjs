// graphile-worker with the options of its own performance test: a local queue, batched completion.
import { Logger, makeWorkerUtils, run, runMigrations } from 'graphile-worker'
import pg from 'pg'
import { postgresDurability } from './postgres-durability.mjs'

const task = 'bench'
const logger = new Logger(() => () => {})
const worker = {
  localQueue: { size: 500, refetchDelay: { durationMs: 20, threshold: 0, maxAbortThreshold: 1 } },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
}

export async function open({ url }) {
  const pool = new pg.Pool({ connectionString: url, max: 20 })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  await runMigrations({ pgPool: pool, logger })
  const utils = await makeWorkerUtils({ pgPool: pool, logger })
  const at = (dueAt) => (dueAt === undefined ? {} : { runAt: new Date(dueAt) })
  return {
    durability: () => postgresDurability(pool),
    enqueue: (data, dueAt) => utils.addJob(task, data, at(dueAt)),
    enqueueMany: (list, dueAt) =>
      utils.addJobs(list.map((payload) => ({ identifier: task, payload, ...at(dueAt) }))),
    async startWorker({ concurrency, onJob }) {
      const preset = { worker: { ...worker, concurrentJobs: concurrency, logger } }
      const runner = await run({
        pgPool: pool,
        noHandleSignals: true,
        taskList: { [task]: (data) => onJob(data) },
        preset,
      })
      return { stop: () => runner.stop() }
    },
    async close() {
      await utils.release()
      await pool.end()
    },
  }
}

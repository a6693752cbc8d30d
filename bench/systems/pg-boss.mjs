// pg-boss at its fastest: batches of 500, notifications, completed in batches.
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import { postgresDurability } from './postgres-durability.mjs'

const queue = 'bench'
const work = { batchSize: 500, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true }

export async function open({ url }) {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  const boss = new PgBoss({
    connectionString: url,
    max: 20,
    useListenNotify: true,
    supervise: false,
    schedule: false,
  })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  await boss.createQueue(queue, { notify: true })
  const at = (dueAt) => (dueAt === undefined ? {} : { startAfter: new Date(dueAt) })
  return {
    durability: () => postgresDurability(pool),
    enqueue: (data, dueAt) => boss.send(queue, data, at(dueAt)),
    enqueueMany: (list, dueAt) =>
      boss.insert(
        queue,
        list.map((data) => ({ data, ...at(dueAt) })),
      ),
    async startWorker({ concurrency, onJob }) {
      // A batch is one call; more than four callers only stand in each other's way.
      const localConcurrency = Math.min(concurrency, 4)
      await boss.work(queue, { ...work, localConcurrency }, async (jobs) => {
        for (const job of jobs) await onJob(job.data)
      })
      return { stop: () => boss.offWork(queue).catch(() => {}) }
    },
    async close() {
      await boss.stop({ graceful: false })
      await pool.end()
    },
  }
}

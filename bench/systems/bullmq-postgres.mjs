// BullMQ on its Postgres backend, with done jobs removed.
import { createPostgresBackend, Queue, Worker } from 'bullmq'
import pg from 'pg'
import { postgresDurability } from './postgres-durability.mjs'

const name = 'bench'
const kept = { removeOnComplete: true }

export async function open({ url }) {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  const connection = { connectionString: url, max: 20, migrate: true }
  const queue = new Queue(name, { connection }, createPostgresBackend)
  await queue.waitUntilReady()
  const options = (dueAt) =>
    dueAt === undefined ? kept : { ...kept, delay: Math.max(0, Math.round(dueAt - Date.now())) }
  return {
    durability: () => postgresDurability(pool),
    enqueue: (data, dueAt) => queue.add('job', data, options(dueAt)),
    enqueueMany: (list, dueAt) =>
      queue.addBulk(list.map((data) => ({ name: 'job', data, opts: options(dueAt) }))),
    async startWorker({ concurrency, onJob }) {
      const worker = new Worker(
        name,
        (job) => onJob(job.data),
        { connection, concurrency },
        createPostgresBackend,
      )
      worker.on('error', (error) => console.error(error))
      return { stop: () => worker.close() }
    },
    async close() {
      await queue.close()
      await pool.end()
    },
  }
}

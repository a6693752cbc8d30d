// BullMQ at its fastest: auto pipelining, done jobs removed.
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { redisDurability } from './redis-durability.mjs'

const name = 'bench'
const kept = { removeOnComplete: true }

export async function open({ url }) {
  const connect = () => new Redis(url, { maxRetriesPerRequest: null, enableAutoPipelining: true })
  const clients = [connect()]
  const queue = new Queue(name, { connection: clients[0] })
  await queue.waitUntilReady()
  const options = (dueAt) =>
    dueAt === undefined ? kept : { ...kept, delay: Math.max(0, Math.round(dueAt - Date.now())) }
  return {
    durability: () => redisDurability(clients[0]),
    enqueue: (data, dueAt) => queue.add('job', data, options(dueAt)),
    enqueueMany: (list, dueAt) =>
      queue.addBulk(list.map((data) => ({ name: 'job', data, opts: options(dueAt) }))),
    async startWorker({ concurrency, onJob }) {
      const client = connect()
      clients.push(client)
      const worker = new Worker(name, (job) => onJob(job.data), { connection: client, concurrency })
      worker.on('error', () => {})
      return { stop: () => worker.close() }
    },
    async close() {
      await queue.close()
      for (const client of clients) client.disconnect()
    },
  }
}

/** What is done is removed, so it is counted as what is gone of the ids that were given. */
export async function probe({ client }) {
  const queue = new Queue(name, { connection: client })
  const waiting = async () => {
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized')
    return Object.values(counts).reduce((sum, n) => sum + n, 0)
  }
  return {
    isDrained: async () => (await waiting()) === 0,
    counted: async () => Number(await client.get(`bull:${name}:id`)) - (await waiting()),
    settled: async () => Number(await client.get(`bull:${name}:id`)) - (await waiting()),
    close: async () => {},
  }
}

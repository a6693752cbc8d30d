// bee-queue at its fastest: no events, no stored jobs, done jobs removed.
import BeeQueue from 'bee-queue'
import { Redis } from 'ioredis'
import { redisDurability } from './redis-durability.mjs'

const name = 'bench'

export async function open({ url }) {
  const redis = { host: '127.0.0.1', port: Number(new URL(url).port) }
  const base = { redis, getEvents: false, sendEvents: false, storeJobs: false, removeOnSuccess: true }
  const client = new Redis(url)
  const queue = new BeeQueue(name, { ...base, isWorker: false })
  await queue.ready()
  const job = (data, dueAt) => {
    const one = queue.createJob(data)
    return dueAt === undefined ? one : one.delayUntil(dueAt)
  }
  return {
    durability: () => redisDurability(client),
    enqueue: (data, dueAt) => job(data, dueAt).save(),
    async enqueueMany(list, dueAt) {
      const errors = await queue.saveAll(list.map((data) => job(data, dueAt)))
      if (errors.size > 0) throw [...errors.values()][0]
    },
    async startWorker({ concurrency, onJob }) {
      const worker = new BeeQueue(name, { ...base, activateDelayedJobs: true, delayedDebounce: 50 })
      await worker.ready()
      worker.on('error', () => {})
      worker.process(concurrency, (one) => onJob(one.data))
      return { stop: () => worker.close(5_000) }
    },
    async close() {
      client.disconnect()
      await queue.close()
    },
  }
}

export async function probe({ client }) {
  const key = (part) => `bq:${name}:${part}`
  const waiting = async () =>
    (await client.llen(key('waiting'))) +
    (await client.llen(key('active'))) +
    (await client.zcard(key('delayed')))
  const gone = async () => Number(await client.get(key('id'))) - (await waiting())
  return {
    isDrained: async () => (await waiting()) === 0,
    counted: gone,
    settled: gone,
    close: async () => {},
  }
}

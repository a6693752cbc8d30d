// A private server for the run with its append-only file on, in the run's own folder. A place is the server, emptied.
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { startRedis } from '../../test/fixtures/redis-server.mjs'
import { probeOf } from './index.mjs'
import { treeCpuUs } from './server-cpu.mjs'

export async function start(root) {
  const server = await startRedis({ folder: mkdtempSync(join(root, 'redis-')) })
  const admin = new Redis(server.url)
  return {
    async place(system) {
      await admin.flushall()
      return {
        where: { url: server.url },
        probe: async () => {
          const { probe } = await import(`../systems/${system.adapter}.mjs`)
          const looks = await probe({ url: server.url, client: admin })
          return probeOf({ ...looks, bytes: () => bytesOf(admin) })
        },
        end: async () => void (await admin.flushall()),
      }
    },
    cpuUs: () => treeCpuUs(server.pid),
    async stop() {
      admin.disconnect()
      await server.stop()
    },
  }
}

const bytesOf = async (client) => Number(/used_memory_dataset:(\d+)/.exec(await client.info('memory'))?.[1])

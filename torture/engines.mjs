// Where the jobs of a torture are: a file, or a private server that can be killed and started again on what it wrote.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { postgres } from 'legwork/postgres'
import { redis } from 'legwork/redis'
import { sqlite } from 'legwork/sqlite'
import { startPostgres } from '../test/fixtures/postgres.mjs'
import { startCluster, startRedis } from '../test/fixtures/redis-server.mjs'

export const engines = {
  ...{ sqlite: fileEngine, redis: redisEngine, postgres: postgresEngine },
  'redis-cluster': clusterEngine,
}

/** The store at a URL or a path. */
export function storeAt(url) {
  if (url.startsWith('redis:')) return redis(url)
  return url.startsWith('postgres:') ? postgres({ url, max: 4 }) : sqlite(url)
}

/** The server, or the one that has this job, does not answer. */
export const passing = new Set(['LW1005', 'LW1017', 'LW1032'])

/** Repeats a call for as long as nobody answers it; everything that is refused is thrown. */
export async function insist(call) {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!passing.has(error?.code)) throw error
      await wait(50)
    }
  }
}

async function fileEngine(folder) {
  return { url: join(folder, 'jobs.db'), stop: async () => {} }
}

async function redisEngine(folder) {
  // With everysec, writes wait in the server's memory while a sync is under way, and a kill takes them, answered or not.
  const config = ['--appendfsync', 'always']
  let server = await startRedis({ folder, config })
  const { port, url } = server
  return {
    url,
    async kill() {
      server.signal('SIGKILL')
      await server.stop({ keep: true })
    },
    async start() {
      server = await startRedis({ port, folder, config })
    },
    stop: () => server.stop({ keep: true }),
  }
}

/** Six partitions on three nodes, over which all jobs are spread. One node dies and comes back, another one each time. */
async function clusterEngine() {
  const cluster = await startCluster({ config: ['--appendfsync', 'always'] })
  const nodes = [...cluster.nodes]
  let turn = 0
  // Not the first: whoever starts meanwhile asks it where everything is.
  const at = () => 1 + (turn % 2)
  return {
    url: `${cluster.url}?cluster=true&partitions=6&spread=default`,
    async kill() {
      turn += 1
      nodes[at()].signal('SIGKILL')
      await nodes[at()].stop({ keep: true })
    },
    async start() {
      const { port, folder } = nodes[at()]
      nodes[at()] = await startRedis({ port, folder, config: cluster.config })
    },
    stop: () => Promise.all(nodes.map((node) => node.stop())),
  }
}

async function postgresEngine() {
  const server = await startPostgres()
  return {
    url: server.url,
    /** All its processes at once, as the end of a container does. */
    async kill() {
      const all = [server.pid, ...childrenOf(server.pid)]
      for (const pid of all) signal(pid, 'SIGKILL')
      await server.stop('SIGKILL')
    },
    start: () => server.start(),
    stop: () => server.stop(),
  }
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    // Another system than Linux: they end by themselves when their parent is gone.
    return []
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended already.
  }
}

import { hostname } from 'node:os'
import type { WorkerAbout } from '../store/index.ts'
import type { Pool } from './pool.ts'
import { knownVersions, type Registry } from './registry.ts'

/** What a worker says of itself when it registers. */
export function aboutOf(pools: readonly Pool[], handled: Registry['handled'], version: string): WorkerAbout {
  return {
    host: hostname(),
    pid: process.pid,
    version,
    queues: pools.flatMap(({ queues }) => queues),
    tasks: [...handled.keys()],
    ...knownVersions(handled),
    tellsBegin: true,
    concurrency: pools.reduce((sum, pool) => sum + pool.concurrency, 0),
  }
}

// What a figure was measured on: without it a figure says nothing.
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { fileSystemOf } from '../dist/stores/sqlite/checks.js'
import { version } from '../dist/version.js'

const peers = ['plainjob', 'better-sqlite3', 'graphile-worker', 'pg-boss', 'bullmq', 'bee-queue']

export function machine(folder) {
  return {
    at: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    fileSystem: fileSystemOf(folder).name,
    load: Number(loadavg()[0]?.toFixed(2)),
    versions: { legwork: version, ...Object.fromEntries(peers.map((name) => [name, versionOf(name)])) },
  }
}

function versionOf(name) {
  try {
    return JSON.parse(readFileSync(new URL(`./node_modules/${name}/package.json`, import.meta.url), 'utf8'))
      .version
  } catch {
    return 'not installed'
  }
}

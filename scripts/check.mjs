// The daily loop, half a minute: format, lint, types, generated files, then the fast tests. `--static` leaves the tests out.
import { spawn } from 'node:child_process'
import { root } from './ready.mjs'

const isStatic = process.argv.includes('--static')
const tsc = ['node_modules/typescript/bin/tsc', '--incremental', '--tsBuildInfoFile', 'types.tsbuildinfo']
const steps = {
  format: ['node_modules/@biomejs/biome/bin/biome', 'format', '.'],
  lint: ['node_modules/oxlint/bin/oxlint', '--quiet'],
  generated: ['scripts/embed.mjs', '--check'],
  // The types are looked at once, in the step of that name.
  build: ['scripts/build.mjs', '--unchecked'],
  types: [...tsc, '-p', 'tsconfig.test.json'],
  tests: ['node_modules/vitest/vitest.mjs', 'run', '--project', 'fast', '--reporter=dot'],
}

const env = {
  ...process.env,
  LEGWORK_SEQUENCES: process.env.LEGWORK_SEQUENCES ?? '80',
  LEGWORK_URL: '',
  LEGWORK_DAILY: '1',
}
let failed = 0

/** Runs one, and says how it went; what it prints is shown when it failed. */
async function step(name) {
  const startedAt = Date.now()
  const child = spawn(process.execPath, steps[name], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
  const code = await new Promise((resolve) => child.once('close', resolve))
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  process.stdout.write(`${code === 0 ? '\u2714' : '\u2718'} ${name} (${seconds} s)\n`)
  if (code !== 0) process.stdout.write(`${text}\n`)
  failed += code === 0 ? 0 : 1
}

await Promise.all(['format', 'generated', 'build'].map(step))
// These read the built package.
await Promise.all((isStatic ? ['lint', 'types'] : ['lint', 'types', 'tests']).map(step))
process.exit(failed ? 1 : 0)

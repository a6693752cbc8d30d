// `npm start`: installs what is missing, builds what changed, and runs the demo with the arguments passed on.
// Plain Node, for nothing is installed yet.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must, ready, root, say } from './ready.mjs'

/** Compiles examples/ when it, or the library that it is compiled against, is newer than the last time. */
function buildExamples() {
  const stamp = join(root, 'dist-examples', '.built')
  const inputs = ['examples', 'tsconfig.examples.json', 'tsconfig.json', 'dist'].map((name) =>
    newest(join(root, name)),
  )
  if (existsSync(stamp) && Math.max(...inputs) <= statSync(stamp).mtimeMs) return
  const startedAt = Date.now()
  must(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.examples.json'])
  writeFileSync(stamp, '')
  say(`built the demo in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
}

function newest(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}

/** Runs the demo to its end. Ctrl-C reaches it as well as this process, which waits for it to clean up. */
function demo(args) {
  const child = spawn(process.execPath, [join(root, 'dist-examples', 'shop', 'main.js'), ...args], {
    cwd: root,
    stdio: 'inherit',
    // The demo has a store of its own.
    env: { ...process.env, LEGWORK_URL: '' },
  })
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code) => {
    process.exitCode = code ?? 1
  })
}

say('npm start: installs what is missing, builds what changed, and runs the demo (about half a minute)')
ready()
buildExamples()
say('running the demo: a small shop, several processes, one of them killed half-way')
demo(process.argv.slice(2))

// Makes a fresh clone ready: the right Node, the packages, the build. Plain Node: nothing is installed yet.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Says what happens, in one line each. */
export const say = (text) => process.stdout.write(`\u2192 ${text}\n`)

/** Runs a command in the project's folder with its output shown; ends this process when it fails. */
export function must(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (done.status === 0) return
  process.stderr.write(`${command} ${args.join(' ')} failed${done.signal ? ` (${done.signal})` : ''}.\n`)
  process.exit(done.status || 1)
}

export function ready() {
  checkNode()
  install()
  must(process.execPath, ['scripts/build.mjs'])
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  process.stderr.write(`Legwork needs Node 20.19 or newer; this is ${process.version}.\n`)
  process.exit(1)
}

/**
 * Installs when there is nothing yet, or when the lock file is newer than what was installed. `npm ci` would
 * refuse a lock file that lacks the optional packages of other platforms; `install --no-save` takes what it
 * pins, and changes no file of the project.
 */
function install() {
  const done = join(root, 'node_modules', '.package-lock.json')
  const lock = join(root, 'package-lock.json')
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(lock).mtimeMs) return
  say('installing packages (once; the demo\u2019s photographs and tables are the largest part)')
  must('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    shell: process.platform === 'win32',
  })
  // npm leaves the file as it is when there was nothing to do.
  utimesSync(done, new Date(), new Date())
}

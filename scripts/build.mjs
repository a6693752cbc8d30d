// Builds dist/ from src/ when something is newer than the last build. `--force` always, `--unchecked` without looking at the types.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, say } from './ready.mjs'

const stamp = join(root, 'dist', '.built')
const isForced = process.argv.includes('--force')
/** For whoever looks at the types anyway. */
const unchecked = process.argv.includes('--unchecked') ? ['--noCheck'] : []

function newest(path) {
  if (!existsSync(path)) return 0
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}

function run(args) {
  const done = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (done.status !== 0) process.exit(done.status ?? 1)
}

const inputs = ['src', 'tsconfig.json', 'package.json', 'scripts/embed.mjs', 'scripts/bundle.mjs'].map(
  (name) => newest(join(root, name)),
)
if (isForced || !existsSync(stamp) || Math.max(...inputs) > statSync(stamp).mtimeMs) {
  const startedAt = Date.now()
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  run(['scripts/embed.mjs'])
  run(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', ...unchecked])
  run(['scripts/bundle.mjs'])
  writeFileSync(stamp, '')
  say(`built dist/ in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
}

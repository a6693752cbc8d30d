import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { realClock } from '../world.ts'

/** A program that installs packages. */
export type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun'

const lockFiles: readonly (readonly [file: string, manager: Manager])[] = [
  ['package-lock.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
]

/** The package manager of a folder: by a lock file in it or above it, else the one that runs this command, else npm. */
export function managerOf(folder: string, userAgent: string | undefined): Manager {
  for (const at of withParents(folder)) {
    const found = lockFiles.find(([file]) => existsSync(join(at, file)))
    if (found) return found[1]
  }
  return (['pnpm', 'yarn', 'bun'] as const).find((name) => userAgent?.startsWith(`${name}/`)) ?? 'npm'
}

/** How a person runs a command of the package here. */
export const runsWith: Readonly<Record<Manager, string>> = {
  npm: 'npx legwork',
  pnpm: 'pnpm legwork',
  yarn: 'yarn legwork',
  bun: 'bunx legwork',
}

/** True when a package is in a `node_modules` that code in this folder would look into. */
export const isInstalled = (name: string, folder: string): boolean => placeOf(name, folder) !== undefined

/** Where a package is that code in this folder would find. */
export const placeOf = (name: string, folder: string): string | undefined =>
  withParents(folder)
    .map((at) => join(at, 'node_modules', name))
    .find((path) => existsSync(join(path, 'package.json')))

function withParents(folder: string): readonly string[] {
  const list = [resolve(folder)]
  for (;;) {
    const at = list.at(-1) as string
    if (dirname(at) === at) return list
    list.push(dirname(at))
  }
}

export interface Installed {
  readonly isDone: boolean
  readonly tookMs: number
  /** What the package manager said last, where it failed. */
  readonly said: readonly string[]
}

const quietly: Readonly<Record<Manager, readonly string[]>> = {
  npm: ['install', '--no-audit', '--no-fund', '--loglevel=error'],
  pnpm: ['install', '--no-frozen-lockfile'],
  yarn: ['install'],
  bun: ['install'],
}
const patienceMs = 300_000

/** Installs what the package.json of a folder names. Never rejects. */
export function install(folder: string, manager: Manager): Promise<Installed> {
  const since = realClock.monotonic()
  return new Promise((done) => {
    const said: string[] = []
    const hear = (chunk: unknown) => void said.push(...String(chunk).split('\n'))
    const end = (isDone: boolean) =>
      done({
        isDone,
        tookMs: Math.round(realClock.monotonic() - since),
        said: said.filter((line) => line.trim() !== '').slice(-6),
      })
    const child = spawn(manager, quietly[manager], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: patienceMs,
      shell: process.platform === 'win32',
    })
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', (error) => {
      said.push(error.message)
      end(false)
    })
    child.once('close', (code) => end(code === 0))
  })
}

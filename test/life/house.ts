// Real worker processes on one file, and what they tell.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from 'legwork/sqlite'
import { type App, legwork, type StartOptions, task, unchecked } from 'legwork'

export const story = task('story', { input: unchecked<{ blockMs?: number }>(), output: unchecked<string>() })

interface Told {
  readonly started?: string
  readonly attempt?: number
  readonly losses?: number
  readonly failures?: number
  readonly aborted?: string
  readonly reason?: string
  readonly warn?: string
  readonly error?: string
  readonly info?: string
  readonly unhandled?: string
  readonly data?: object
  readonly worker?: string
  readonly ready?: boolean
  readonly stopped?: boolean
  readonly heard?: number
  readonly health?: {
    readonly n: number
    readonly status: string
    readonly since: string
    readonly cause?: object
  }
}

export interface Proc {
  readonly child: ChildProcess
  readonly told: Told[]
  /** Resolves with the first message that fits, also one that has come already. */
  until(fits: (message: Told) => boolean, what: string): Promise<Told>
  /** Resolves when `count` messages fit. */
  untilCount(fits: (message: Told) => boolean, count: number, what: string): Promise<void>
  readonly exit: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

/**
 * Freezes a process, but not inside a commit: whoever holds SQLite's write lock when it is frozen stops every other process,
 * which is SQLite's and no failure of ours.
 */
export async function freeze({ child }: Proc, file: string): Promise<void> {
  const db = await openDatabase(file, { timeoutMs: 0 })
  for (let isFree = false; !isFree; ) {
    child.kill('SIGSTOP')
    try {
      db.exec('begin immediate; rollback')
      isFree = true
    } catch {
      child.kill('SIGCONT')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  db.close()
}

export interface House extends AsyncDisposable {
  readonly file: string
  readonly app: App
  worker(
    mode: 'quick' | 'hold' | 'polite' | 'stubborn' | 'block',
    options?: StartOptions & { readonly grace?: string },
  ): Promise<Proc>
}

export function house(): House {
  const folder = mkdtempSync(join(tmpdir(), 'legwork-life-'))
  const file = join(folder, 'jobs.db')
  const app = legwork(file)
  const procs: Proc[] = []
  return {
    file,
    app,
    async worker(mode, options = {}) {
      const proc = start(['test/life/fixtures/worker.mjs', JSON.stringify({ file, options, mode })])
      procs.push(proc)
      await proc.until((message) => message.ready === true, 'the worker to be ready')
      return proc
    },
    async [Symbol.asyncDispose]() {
      for (const { child } of procs) child.kill('SIGKILL')
      await Promise.all(procs.map(({ exit }) => exit))
      await app.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function start(
  [script, ...args]: [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Proc {
  const child = fork(script, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  })
  const told: Told[] = []
  const watchers = new Set<() => void>()
  child.on('message', (message) => {
    told.push(message as Told)
    for (const look of watchers) look()
  })
  const untilCount: Proc['untilCount'] = (fits, count, what) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        watchers.delete(look)
        reject(new Error(`waited 60 s in vain for ${what}; it told ${JSON.stringify(told.slice(-10))}`))
      }, 60_000)
      const look = () => {
        if (told.filter(fits).length < count) return
        clearTimeout(late)
        watchers.delete(look)
        resolve()
      }
      watchers.add(look)
      look()
    })
  return {
    child,
    told,
    untilCount,
    until: async (fits, what) => {
      await untilCount(fits, 1, what)
      return told.find(fits) as Told
    },
    exit: new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal }))),
  }
}

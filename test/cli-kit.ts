// Runs the built command line as users do: a process of its own, in a folder of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'

const root = resolve(import.meta.dirname, '..')
export const main = join(root, 'dist/cli/main.js')

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** The first line that fits, now or later; fails when the process ends without it. */
  line(pattern: RegExp, stream?: 'out' | 'err'): Promise<string>
}

/** A folder with these files, in which `import 'legwork'` finds the package. Removed with the test. */
export function folder(files: Readonly<Record<string, string>> = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'legwork-cli-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  mkdirSync(join(dir, 'node_modules'))
  symlinkSync(root, join(dir, 'node_modules/legwork'))
  for (const [name, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  return dir
}

/** Variables of the test runner's own surroundings that would change what the command prints. */
const foreign = ['FORCE_COLOR', 'NO_COLOR', 'CI', 'LEGWORK_URL', 'NODE_OPTIONS', 'TERM']

export interface Where {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

export function start(
  args: readonly string[],
  { cwd, env = {}, stdin }: Where,
  program: string = main,
): Running {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.includes(name)))
  const child = spawn(process.execPath, [program, ...args], { cwd, env: { ...own, ...env } })
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stdin.on('error', () => {})
  child.stdin.end(stdin ?? '')
  const text = { out: '', err: '' }
  const looking = new Set<() => void>()
  const hear = (stream: 'out' | 'err') => (chunk: unknown) => {
    text[stream] += chunk
    for (const look of looking) look()
  }
  child.stdout.setEncoding('utf8').on('data', hear('out'))
  child.stderr.setEncoding('utf8').on('data', hear('err'))
  const ended = new Promise<Ended>((done) => child.once('close', (code) => done({ code, ...text })))
  const line = (pattern: RegExp, stream: 'out' | 'err' = 'out') =>
    new Promise<string>((found, lost) => {
      const look = () => {
        const hit = text[stream]
          .split('\n')
          .slice(0, -1)
          .find((one) => pattern.test(one))
        if (hit !== undefined) found(hit)
      }
      looking.add(look)
      look()
      void ended.then(({ code }) =>
        lost(new Error(`ended with ${code} before ${pattern}\n${text.out}\n${text.err}`)),
      )
    })
  return { child, ended, line }
}

export const cli = (args: readonly string[], where: Where): Promise<Ended> => start(args, where).ended

/** The one JSON document that a command printed. */
export async function json<T = Record<string, unknown>>(args: readonly string[], where: Where): Promise<T> {
  const { out, err } = await cli([...args, '--json'], where)
  try {
    return JSON.parse(out) as T
  } catch {
    throw new Error(`not one JSON document: ${out}\n${err}`)
  }
}

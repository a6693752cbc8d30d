import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { AnyTask } from '../define/task.ts'
import { LegworkError, nearest, UnknownThing } from '../job/errors.ts'
import { loadModule } from '../load-module.ts'
import type { App } from '../surface.ts'
import { placeOf } from './connect.ts'
import { userErrorOf } from './user-error.ts'

/** What a file of the user's gives: its app, and every task that it handles or exports. */
export interface Loaded {
  readonly app: App
  readonly tasks: ReadonlyMap<string, AnyTask>
  /** Where the app's jobs are, for people. */
  readonly file: string
}

const extensions = ['ts', 'mts', 'js', 'mjs']
/** Looked for, in this order, when no file is named. */
export const usual: readonly string[] = ['jobs', 'src/jobs'].flatMap((name) =>
  extensions.map((extension) => `${name}.${extension}`),
)

/**
 * Loads an app from a file: its default export or the one named `app`; or a function that makes one.
 * `--url`, else `LEGWORK_URL`, replaces the app's own store. @throws {LegworkError} LW1301.
 */
export async function loadApp(
  named: string | undefined,
  options: { readonly url?: string },
): Promise<Loaded> {
  const file = findFile(named)
  const { url, from } = placeOf(options)
  // Before the file is loaded, for an app that opens its store while it loads.
  if (from === '--url') process.env['LEGWORK_URL'] = url
  const exported = await load(file)
  const app = await appOf(exported, file)
  if (app.workerId !== undefined)
    throw refuse(
      file,
      'it starts its app itself; leave app.start() to legwork worker',
      'Take app.start() out of the file.',
    )
  if (from !== 'default') app.useStore(url)
  const tasks = [...app.tasks.values(), ...Object.values(exported).filter(isTask)]
  return { app, file, tasks: new Map(tasks.map((task) => [task.name, task])) }
}

/** The task of that name. @throws {UnknownThing} LW1101 with the nearest name. */
export function taskOf({ tasks, file }: Loaded, name: string): AnyTask {
  const found = tasks.get(name)
  if (found) return found
  const close = nearest(name, tasks.keys())
  const known = [...tasks.keys()].join(', ') || 'none'
  throw new UnknownThing(
    'LW1101',
    `no task "${name}" in ${file}${close ? ` (did you mean ${close}?)` : ''}. It has: ${known}.`,
    { name },
  )
}

type Exports = Readonly<Record<string, unknown>>

async function load(file: string): Promise<Exports> {
  try {
    return await loadModule(file)
  } catch (error) {
    throw broken(file, '', error)
  }
}

async function appOf(exported: Exports, file: string): Promise<App> {
  const found = [exported['default'], exported['app']].find((one) => isApp(one) || typeof one === 'function')
  const app = typeof found === 'function' ? await make(found as () => unknown, file) : found
  if (isApp(app)) return app
  const names = Object.keys(exported)
  throw refuse(
    file,
    typeof found === 'function'
      ? 'its function gave no app'
      : `it exports no app (it exports ${names.join(', ') || 'nothing'})`,
  )
}

async function make(factory: () => unknown, file: string): Promise<unknown> {
  try {
    return await factory()
  } catch (error) {
    throw broken(file, 'its function threw ', error)
  }
}

/** By shape: the file may have brought a copy of the library of its own. */
const isApp = (value: unknown): value is App => {
  const app = value as Partial<App> | null | undefined
  return typeof app === 'object' && typeof app?.start === 'function' && typeof app.useStore === 'function'
}

const isTask = (value: unknown): value is AnyTask => (value as AnyTask | null | undefined)?.kind === 'task'

/** The file that is named, or the usual one. @throws {LegworkError} LW1301 when it is not there. */
export function findFile(named: string | undefined): string {
  const file = named === undefined ? findUsual() : resolve(named)
  if (existsSync(file)) return file
  throw refuse(file, `it is not there${near(file)}`, 'Name a file that is there.')
}

function findUsual(): string {
  const found = usual.map((path) => resolve(path)).find((path) => existsSync(path))
  if (found) return found
  throw new LegworkError('LW1301', `no file was named, and there is none of ${usual.join(', ')} here.`, {
    fix: 'Name the file that exports your app, or write a first one with: legwork init',
  })
}

/** A file beside it with nearly the same name. */
function near(file: string): string {
  const folder = dirname(file)
  const close = existsSync(folder) ? nearest(basename(file), readdirSync(folder)) : undefined
  return close ? ` (did you mean ${close}?)` : ''
}

function refuse(file: string, why: string, fix?: string): LegworkError {
  return new LegworkError('LW1301', `${file} cannot be used: ${why}.`, { file, ...(fix && { fix }) })
}

/** The file itself failed, so what to repair is in it. */
function broken(file: string, before: string, cause: unknown): LegworkError {
  const { text, at } = userErrorOf(cause, file)
  const fix = at ? `Repair the code at ${at}.` : 'Repair what the message says; --debug shows the stack.'
  const where = at ? ` (at ${at})` : ''
  return new LegworkError(
    'LW1301',
    `${file} cannot be used: ${before}${text}${where}.`,
    { file, ...(at && { at }), fix },
    { cause },
  )
}

import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { showMs } from '../job/duration.ts'
import { driver } from '../stores/sqlite/index.ts'
import { version } from '../version.ts'
import type { Common } from './command.ts'
import { exits, messageOf } from './exit.ts'
import { usual } from './load-app.ts'
import { type Manifest, readManifest, unusable } from './manifest.ts'
import {
  install,
  type Installed,
  isInstalled,
  type Manager,
  managerOf,
  placeOf,
  runsWith,
} from './packages.ts'
import { safe } from './safe.ts'
import { starter } from './starter.ts'
import type { Terminal } from './terminal.ts'

export interface InitOptions extends Common {
  readonly js?: boolean
  readonly install: boolean
}

/** A file, and what became of it. */
interface Done {
  readonly file: string
  readonly what: 'created' | 'changed' | 'left'
  readonly note: string
}

/** Everything about to be written, decided before the first write. */
interface Plan {
  readonly folder: string
  readonly manager: Manager
  readonly mustInstall: boolean
  readonly steps: readonly (Done & { readonly text?: string })[]
  /** The tasks file is the one that was written now, with its task hello. */
  readonly isFirst: boolean
}

/** Writes a small project, or what is missing in one that is there; overwrites nothing. */
export async function init(dir = '.', options: InitOptions, terminal: Terminal): Promise<number> {
  const plan = await planFor(resolve(dir), options.js === true)
  for (const { file, text } of plan.steps) if (text !== undefined) write(join(plan.folder, file), text)
  if (!options.json) for (const step of plan.steps) terminal.out(lineOf(step, terminal))
  const wants = plan.mustInstall && options.install
  if (wants && !options.json) terminal.err(`\nInstalling with ${plan.manager} …`)
  const installed = wants ? await install(plan.folder, plan.manager) : undefined
  const next = nextSteps(plan, dir, installed)
  if (options.json)
    terminal.json({
      folder: plan.folder,
      files: plan.steps.map(({ file, what, note }) => ({ file, what, note })),
      ...(installed && { install: { manager: plan.manager, ...installed } }),
      next: next.map(([command]) => command),
    })
  else tellRest(installed, next, { plan, terminal })
  return installed && !installed.isDone ? exits.failed : exits.ok
}

async function planFor(folder: string, isJs: boolean): Promise<Plan> {
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw unusable(folder, 'it is a file', 'Name a folder, or nothing for this one.')
  const manifest = readManifest(folder)
  const jobs = planJobs(folder, manifest, isJs)
  const wanted = {
    ...(manifest.packages['legwork'] === undefined && { legwork: `^${version}` }),
    ...((await needsDriver(folder)) && { [driverPackage]: driverRange }),
  }
  const { text, added, left } = manifest.complete({
    scripts: { dev: 'legwork dev', worker: 'legwork worker' },
    dependencies: wanted,
  })
  const manifestStep: Plan['steps'][number] = {
    file: 'package.json',
    what: added.length === 0 ? 'left' : manifest.isThere ? 'changed' : 'created',
    note: [
      ...(added.length > 0 ? [added.join(', ')] : ['has all it needs']),
      ...left.map((one) => `${one} is taken`),
    ].join('; '),
    ...(added.length > 0 && { text }),
  }
  const names = ['legwork', ...Object.keys(wanted)]
  return {
    folder,
    manager: managerOf(folder, process.env['npm_config_user_agent']),
    mustInstall: names.some((name) => !isInstalled(name, folder)),
    steps: [jobs, manifestStep, planIgnore(folder)],
    isFirst: jobs.what === 'created',
  }
}

/** The tasks file, unless there is one where the other commands would look. */
function planJobs(folder: string, { isModule, packages }: Manifest, isJs: boolean): Plan['steps'][number] {
  const there = usual.find((path) => existsSync(join(folder, path)))
  if (there !== undefined) return { file: there, what: 'left', note: 'it is there already' }
  const extension = `${isModule ? '' : 'm'}${isJs ? 'js' : 'ts'}` as const
  const hasZod = packages['zod'] !== undefined && isInstalled('zod', folder)
  const file = `${existsSync(join(folder, 'src')) ? 'src/' : ''}jobs.${extension}`
  return {
    file,
    what: 'created',
    note: 'a task, hello, and its handler',
    text: starter({ extension, hasZod }),
  }
}

function planIgnore(folder: string): Plan['steps'][number] {
  const file = '.gitignore'
  const path = join(folder, file)
  if (!existsSync(path))
    return { file, what: 'created', note: 'node_modules/, .legwork/', text: 'node_modules/\n.legwork/\n' }
  const text = readFileSync(path, 'utf8')
  if (text.split(/\r?\n/).some((line) => /^\/?\.legwork\/?$/.test(line.trim())))
    return { file, what: 'left', note: 'knows .legwork/ already' }
  const gap = text === '' || text.endsWith('\n') ? '' : '\n'
  return { file, what: 'changed', note: '.legwork/', text: `${text}${gap}.legwork/\n` }
}

const driverPackage = '@photostructure/sqlite'
/** As package.json of Legwork names its peer. */
const driverRange = '^1.2.1 || ^2.0.0'
const own = fileURLToPath(new URL('../../', import.meta.url))

/** True when code in this folder would find no SQLite that is good enough. */
async function needsDriver(folder: string): Promise<boolean> {
  const found = await driver().catch(() => undefined)
  if (found?.name === 'node:sqlite') return false
  if (isInstalled(driverPackage, folder)) return false
  // What this copy of Legwork finds is found by the folder's code only where that uses the same copy.
  const used = placeOf('legwork', folder)
  return found === undefined || used === undefined || resolve(realpathSync(used)) !== resolve(own)
}

function write(path: string, text: string): void {
  try {
    mkdirSync(resolve(path, '..'), { recursive: true })
    writeFileSync(path, text)
  } catch (error) {
    throw unusable(path, messageOf(error))
  }
}

function lineOf({ file, what, note }: Done, terminal: Terminal): string {
  const colour = what === 'left' ? 'dim' : 'green'
  return `${terminal.paint(colour, (what === 'left' ? 'left alone' : what).padEnd(10))}  ${safe(file).padEnd(13)}  ${terminal.paint('dim', safe(note))}`
}

type Step = readonly [command: string, about: string]

function nextSteps(
  { manager, folder, mustInstall, isFirst }: Plan,
  dir: string,
  installed?: Installed,
): Step[] {
  const here = relative(process.cwd(), folder)
  const legwork = runsWith[manager]
  return [
    ...(here === '' ? [] : [[`cd ${quoted(dir)}`, ''] as const]),
    ...(mustInstall && !installed?.isDone
      ? [[`${manager} install`, 'what package.json names now'] as const]
      : []),
    [`${legwork} dev`, 'runs the jobs, with your newest code'],
    ...(isFirst
      ? [[`${legwork} run hello '{"name":"Ada"}'`, 'in another terminal: a job and its result'] as const]
      : []),
  ]
}

const quoted = (path: string): string =>
  /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`

function tellRest(
  installed: Installed | undefined,
  next: readonly Step[],
  { plan, terminal }: { plan: Plan; terminal: Terminal },
): void {
  if (installed?.isDone) terminal.err(terminal.paint('dim', `done in ${showMs(installed.tookMs)}`))
  else if (installed) {
    terminal.err(terminal.paint('red', `${plan.manager} could not install it:`))
    for (const line of installed.said) terminal.err(`  ${safe(line)}`)
  }
  const width = Math.max(...next.map(([command]) => command.length))
  terminal.out('\nNext:')
  for (const [command, about] of next)
    terminal.out(
      `  ${terminal.paint('bold', command)}${' '.repeat(width - command.length)}  ${terminal.paint('dim', about)}`.trimEnd(),
    )
}

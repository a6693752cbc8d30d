import { fork } from 'node:child_process'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Code } from '../../job/catalogue.ts'
import { defaults } from '../../job/defaults.ts'
import { showMs, toMs } from '../../job/duration.ts'
import { exitOf, exits, report } from '../exit.ts'
import { findFile } from '../load-app.ts'
import { safe, safeJson } from '../safe.ts'
import type { Terminal } from '../terminal.ts'
import { linesOf } from '../told-line.ts'
import { type Told, toldJson } from '../told.ts'
import { memberArguments } from '../supervise.ts'
import { rungs, type WorkOptions } from '../work.ts'
import { newActions } from './actions.ts'
import { openKeyboard } from './keyboard.ts'
import type { TaskFacts, Trouble } from './messages.ts'
import { readyLines } from './ready-lines.ts'
import { Runner, type RunnerEvent } from './runner.ts'
import { newScreen, type Screen } from './screen.ts'
import { watchFiles } from './watch-files.ts'

export interface DevOptions extends WorkOptions {
  readonly watch?: readonly string[]
}

/** What is known of the session, for the lines and the keys. */
interface State {
  tasks: readonly TaskFacts[]
  taskWidth: number
  lastJob: string | undefined
  /** Queues that are paused, by whomever. */
  paused: ReadonlySet<string>
  changed: readonly string[]
  wasReady: boolean
  exitCode: number | undefined
}

/** Runs the jobs of a file while a person writes it: newest code, results as lines, keys on a terminal. */
export async function dev(
  named: string | undefined,
  options: DevOptions,
  terminal: Terminal,
): Promise<number> {
  const file = findFile(named)
  const screen = newScreen(terminal)
  const state: State = {
    tasks: [],
    taskWidth: 8,
    lastJob: undefined,
    paused: new Set(),
    changed: [],
    wasReady: false,
    exitCode: undefined,
  }
  const runner = new Runner({
    patienceMs: toMs(options.grace ?? '5s', 'grace') + defaults.abortGraceMs + 2_000,
    fork: () => forkApp(file, { options, terminal, screen }),
    tell: (event) => {
      learn(event, state)
      if (isFatal(event, state)) {
        state.exitCode = exitOf(event.trouble.code as Code)
        runner.climb()
      }
      if (options.json) screen.out(safeJson(jsonOf(event)))
      else tellEvent(event, { state, screen, terminal, file })
    },
  })
  const quit = () => runner.climb()
  process.on('SIGINT', quit).on('SIGTERM', quit).on('SIGHUP', quit)
  const stopWatching = watchFiles({
    entry: file,
    more: options.watch ?? [],
    hear(files) {
      state.changed = files
      runner.reload()
    },
  })
  const keyboard =
    terminal.canAsk && terminal.isTty && !options.json ? openKeyboard((key) => press(key)) : undefined
  const actions =
    keyboard &&
    newActions({
      runner,
      screen,
      terminal,
      keyboard,
      tasks: () => state.tasks,
      lastJob: () => state.lastJob,
      isPaused: () => runner.paused.size > 0 || state.paused.size > 0,
    })
  function press(key: string): void {
    if (key === 'q' || key === 'ctrl-c' || key === 'ctrl-d') return quit()
    const action = actions && Object.hasOwn(actions, key) ? actions[key as keyof typeof actions] : undefined
    action?.()
  }
  runner.reload()
  const code = await runner.ended
  stopWatching()
  keyboard?.close()
  if (options.json) screen.out(safeJson({ event: 'stopped' }))
  else if (state.exitCode === undefined) screen.err(rungs.stopped)
  return state.exitCode ?? code
}

interface Forking {
  readonly options: DevOptions
  readonly terminal: Terminal
  readonly screen: Screen
}

/** A process for the app. What it prints comes through here, so that it does not write into a question. */
function forkApp(file: string, { options, terminal, screen }: Forking) {
  const hasColour = terminal.paint('dim', 'x') !== 'x'
  const [, ...args] = memberArguments(file, options)
  const child = fork(fileURLToPath(new URL('../main.js', import.meta.url)), ['dev', ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...(hasColour && { FORCE_COLOR: process.env['FORCE_COLOR'] ?? '1' }) },
  })
  // With --json standard output is for events alone.
  if (child.stdout) screen.pipe(child.stdout, options.json ? 'err' : 'out')
  if (child.stderr) screen.pipe(child.stderr, 'err')
  return child
}

function learn(event: RunnerEvent, state: State): void {
  if (event.event === 'ready') {
    state.tasks = event.tasks
    state.paused = new Set(event.paused)
    state.wasReady = true
    state.taskWidth = Math.max(8, ...event.tasks.map(({ name }) => name.length))
  }
  if (event.event !== 'told') return
  for (const told of event.items) {
    if (told.event === 'acted') state.paused = after(told, state.paused)
    else if (told.event !== 'started' && told.event !== 'enqueued') state.lastJob = told.id
    if ('task' in told) state.taskWidth = Math.max(state.taskWidth, told.task.length)
  }
}

function after(
  { verb, target }: Extract<Told, { event: 'acted' }>,
  paused: ReadonlySet<string>,
): ReadonlySet<string> {
  if (verb === 'pause') return new Set([...paused, target])
  return verb === 'resume' ? new Set([...paused].filter((queue) => queue !== target)) : paused
}

/** A store that cannot be opened is not repaired by a change of the code. */
const isFatal = (
  event: RunnerEvent,
  { wasReady }: State,
): event is Extract<RunnerEvent, { event: 'refused' }> =>
  event.event === 'refused' &&
  !wasReady &&
  event.trouble.code !== undefined &&
  exitOf(event.trouble.code as Code) === exits.unreachable

interface Telling {
  readonly state: State
  readonly screen: Screen
  readonly terminal: Terminal
  readonly file: string
}

function tellEvent(event: RunnerEvent, telling: Telling): void {
  const { state, screen, terminal, file } = telling
  const dim = (text: string) => terminal.paint('dim', text)
  switch (event.event) {
    case 'ready':
      for (const line of readyLines(event, { changed: state.changed, terminal, file, now: Date.now() }))
        screen.out(line)
      state.changed = []
      return
    case 'refused':
      return tellRefused(event, telling)
    case 'crashed': {
      const next =
        event.againInMs === 0 ? 'it is started again' : `it is started again in ${showMs(event.againInMs)}`
      return screen.err(
        terminal.paint(
          'red',
          `${basename(file)} ended its process (${safe(event.cause)}); ${next}, and its jobs are handed back.`,
        ),
      )
    }
    case 'waiting':
      return screen.err(dim('Running jobs may end first …'))
    case 'stopping':
      return screen.err(dim('Stopping: running jobs may end; once more hurries them.'))
    case 'hurrying':
      return screen.err(rungs.hurrying)
    case 'killing':
      return screen.err('Killing the process; its jobs come back when its lease runs out.')
    default: {
      for (const told of event.items) {
        if (isNoise(told)) continue
        for (const line of linesOf(told, { terminal, now: Date.now(), taskWidth: state.taskWidth }))
          screen.out(line)
      }
      if (event.isCut) screen.err(dim('… more happened than can be shown; legwork top shows the rates'))
    }
  }
}

/** What a key did is said already, and that a job was enqueued only where it does not run at once. */
const isNoise = (told: Told): boolean =>
  (told.event === 'acted' && (told.verb === 'resume' || /\bdev\)?$/.test(told.by))) ||
  (told.event === 'enqueued' && !['scheduled', 'blocked', 'parked'].includes(told.state))

function tellRefused(
  { trouble, isOldRunning }: Extract<RunnerEvent, { event: 'refused' }>,
  { screen, terminal, state }: Telling,
): void {
  report(asError(trouble), { ...terminal, out: screen.out, err: screen.err }, { debug: false, json: false })
  if (state.exitCode !== undefined) return
  screen.err(
    terminal.paint(
      'yellow',
      isOldRunning
        ? 'The code before it goes on running; save a repaired file to change over.'
        : 'Waiting for a change of the file.',
    ),
  )
}

/** As an error of this process, which knows how to print one. */
const asError = ({ code, message, fix }: Trouble): Error =>
  Object.assign(new Error(message), { ...(code && { code }), ...(fix && { details: { fix } }) })

function jsonOf(event: RunnerEvent): object {
  switch (event.event) {
    case 'ready': {
      const { facts, tasks, paused, schedules, isFirst } = event
      return {
        event: isFirst ? 'ready' : 'reloaded',
        ...facts,
        tasks: tasks.map(({ name }) => name),
        paused,
        schedules: schedules.map(({ name }) => name),
      }
    }
    case 'refused':
      return { event: 'refused', error: event.trouble, isOldRunning: event.isOldRunning }
    case 'told':
      return { event: 'jobs', items: event.items.map(toldJson), ...(event.isCut && { isCut: true }) }
    default:
      return event
  }
}

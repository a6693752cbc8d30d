import type { Changes, RunningView, Store } from '../store/index.ts'
import { strangers } from './acquaintance.ts'
import type { TailOptions } from './commands/tail.ts'
import { showPlace, withStore } from './connect.ts'
import { exits, warn } from './exit.ts'
import { feed } from './feed.ts'
import { safeJson } from './safe.ts'
import type { Terminal } from './terminal.ts'
import { linesOf } from './told-line.ts'
import { type Told, toldJson, toldOf, toldStarted } from './told.ts'

/** Changes of each kind that one look takes, and running jobs that it shows. */
const atOnce = 200

/** Prints what happens to jobs from now on, until a signal. */
export async function tail(options: TailOptions, terminal: Terminal): Promise<number> {
  const over = new AbortController()
  const end = () => over.abort()
  process.on('SIGINT', end).on('SIGTERM', end)
  try {
    return await withStore(options, async (store, place) => {
      for (const hint of await strangers(store, options)) warn(hint, terminal, options.json)
      if (terminal.isTty && !options.json)
        terminal.err(terminal.paint('dim', `Following ${showPlace(place)}; Ctrl-C ends it.`))
      await follow(store, { options, terminal, signal: over.signal })
      return exits.ok
    })
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end)
  }
}

interface Following {
  readonly options: TailOptions
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

async function follow(store: Store, { options, terminal, signal }: Following): Promise<void> {
  const starts = newStarts()
  let taskWidth = 8
  const print = (told: Told): void => {
    if ('task' in told) taskWidth = Math.max(taskWidth, told.task.length)
    if (options.json) return terminal.out(safeJson(toldJson(told)))
    for (const line of linesOf(told, { terminal, now: Date.now(), taskWidth })) terminal.out(line)
  }
  const hear = (page: Changes & { readonly isCut: boolean }): void => {
    const told = [...toldOf(page), ...starts(page)].sort((a, b) => a.at - b.at)
    for (const one of told) if (isWanted(one, options)) print(one)
    if (page.isCut)
      terminal.err(terminal.paint('dim', '… more happened than can be shown; legwork top shows the rates'))
  }
  // A program that reads along wants every line; a person could not read them.
  const mayCut = terminal.isTty && !options.json
  await feed(store, { signal, limit: atOnce, running: atOnce, mayCut, hear })
}

/** Tells of each attempt that it has begun, once. Those that run already when this begins are known. */
function newStarts() {
  let known: Map<string, number> | undefined
  return ({ running }: { readonly running: readonly RunningView[] }): Told[] => {
    const before = known
    known = new Map(running.map(({ id, attempt }) => [id, attempt]))
    return before === undefined
      ? []
      : running.filter(({ id, attempt }) => before.get(id) !== attempt).map(toldStarted)
  }
}

function isWanted(told: Told, { task, queue, state }: TailOptions): boolean {
  if (told.event === 'acted') return task === undefined && queue === undefined && state === undefined
  const now = told.event === 'started' ? 'running' : told.state
  return (
    (task === undefined || told.task === task) &&
    (queue === undefined || told.queue === queue) &&
    (state === undefined || state.some((one) => one === now))
  )
}

import { InvalidArgumentError } from 'commander'
import type { Duration } from '../job/duration.ts'
import { mask } from '../open-store.ts'
import type { App, StartOptions } from '../surface.ts'
import type { Common } from './command.ts'
import { placeOf, showPlace } from './connect.ts'
import { exits } from './exit.ts'
import { type Loaded, loadApp } from './load-app.ts'
import type { Terminal } from './terminal.ts'

export interface WorkOptions extends Common {
  readonly processes?: number
  readonly concurrency?: number
  readonly queues?: Readonly<Record<string, { readonly concurrency: number }>>
  readonly grace?: Duration
  readonly lease?: Duration
  readonly preload?: boolean
  /** Set by the supervisor for the processes it starts. */
  readonly member?: boolean
}

/** Reads `emails=5,images=20`. */
export function parseQueues(text: string): WorkOptions['queues'] {
  const pairs = text.split(',').map((part) => /^\s*(\*|[^=\s]+)=(\d+)\s*$/.exec(part))
  if (pairs.some((pair) => pair === null))
    throw new InvalidArgumentError('Expected names with their slots, such as emails=5,images=20.')
  return Object.fromEntries(pairs.map((pair) => [pair?.[1], { concurrency: Number(pair?.[2]) }]))
}

export function startOptions({ concurrency, queues, lease, preload }: WorkOptions): StartOptions {
  return {
    ...(concurrency !== undefined && { concurrency }),
    ...(queues && { queues }),
    ...(lease !== undefined && { lease }),
    ...(preload !== undefined && { preload }),
  }
}

/** What a worker says when it is ready. */
export interface Ready {
  readonly pid: number
  /** The engine. */
  readonly store: string
  /** The absolute path or the URL, where the command line or the environment names it. */
  readonly at?: string
  readonly queues: readonly string[]
  readonly tasks: readonly string[]
  /** Handlers at once for queues without slots of their own. */
  readonly concurrency: number
  /** Handlers at once for each queue that `--queues` names. */
  readonly slots: Readonly<Record<string, number>>
}

export async function readyFacts({ app }: Loaded, options: WorkOptions): Promise<Ready> {
  const { from, file, url } = placeOf(options)
  const { name } = await app.store()
  const tasks = [...app.tasks.values()]
  const named = Object.entries(options.queues ?? {})
  return {
    pid: process.pid,
    store: name,
    ...(from !== 'default' && { at: file ?? mask(url) }),
    queues: [...new Set(tasks.map(({ policy }) => policy.queue))],
    tasks: tasks.map((task) => task.name),
    concurrency: options.concurrency ?? 10,
    slots: Object.fromEntries(named.map(([queue, { concurrency }]) => [queue, concurrency])),
  }
}

export function showReady(ready: Ready, who: string, options: WorkOptions): string {
  const { pid, store, at, queues, tasks, concurrency, slots } = ready
  const cut = (names: readonly string[]) =>
    names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')
  const named = Object.entries(slots).map(([queue, n]) => `${queue}=${n}`)
  const where = at === undefined ? store : `${store} ${showPlace(placeOf(options))}`
  const work = `queues ${cut(queues)} · tasks ${cut(tasks)} · concurrency ${[concurrency, ...named].join(', ')}`
  return `legwork ${who} ready · pid ${pid} · ${where} · ${work}`
}

/** The rungs of the ladder down, for a person; with `--json` they are events. */
export const rungs = {
  stopping: 'Stopping: running jobs may end; a second signal hurries them.',
  hurrying: 'Hurrying: running jobs are asked to stop and given back.',
  stopped: 'Stopped.',
} as const

/** Runs one worker in this process until a signal ends it: gently, hurried by a second, cut by a third. */
export async function work(
  file: string | undefined,
  options: WorkOptions,
  terminal: Terminal,
): Promise<number> {
  const loaded = await loadApp(file, options)
  const { app } = loaded
  const say = (event: keyof typeof rungs) =>
    options.json ? terminal.json({ event }) : terminal.err(rungs[event])
  const end = untilEnded(app, options, say)
  try {
    await app.start(startOptions(options))
  } catch (error) {
    // A signal during the start ends the app under it.
    if (end.isStopping()) return end.ended
    await app.stop()
    throw error
  }
  const facts = await readyFacts(loaded, options).catch(() => undefined)
  if (facts && options.json) terminal.json({ event: 'ready', ...facts, worker: app.workerId })
  else if (facts) terminal.out(showReady(facts, 'worker', options))
  return end.ended
}

/** Listens for signals, and ends the app as they say. */
function untilEnded(app: App, { grace }: WorkOptions, say: (event: keyof typeof rungs) => void) {
  const hurry = new AbortController()
  let signals = 0
  const ended = new Promise<number>((resolve, reject) => {
    const stopped = (): void => {
      say('stopped')
      resolve(exits.ok)
    }
    const onSignal = (): void => {
      signals += 1
      if (signals > 2) process.exit(exits.failed)
      say(signals === 1 ? 'stopping' : 'hurrying')
      if (signals === 2) hurry.abort()
      else app.stop({ hurry: hurry.signal, ...(grace !== undefined && { grace }) }).then(stopped, reject)
    }
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  })
  return { ended, isStopping: () => signals > 0 }
}

import type { Duration } from '../job/duration.ts'
import type { StartOptions } from '../surface.ts'
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
  /** Set by the supervisor for the processes it starts. */
  readonly member?: boolean
}

export function startOptions({ concurrency, queues, lease }: WorkOptions): StartOptions {
  return {
    ...(concurrency !== undefined && { concurrency }),
    ...(queues && { queues }),
    ...(lease !== undefined && { lease }),
  }
}

/** What a worker says when it is ready. */
export interface Ready {
  readonly pid: number
  readonly store: string
  readonly queues: readonly string[]
  readonly tasks: readonly string[]
  readonly concurrency: string
}

export async function readyFacts({ app }: Loaded, options: WorkOptions): Promise<Ready> {
  const place = placeOf(options)
  const { name } = await app.store()
  const tasks = [...app.tasks.values()]
  const named = Object.entries(options.queues ?? {}).map(
    ([queue, { concurrency }]) => `${queue}=${concurrency}`,
  )
  return {
    pid: process.pid,
    store: place.from === 'default' ? name : `${name} ${showPlace(place)}`,
    queues: [...new Set(tasks.map(({ policy }) => policy.queue))],
    tasks: tasks.map((task) => task.name),
    concurrency: [`${options.concurrency ?? 10}`, ...named].join(', '),
  }
}

export function showReady({ pid, store, queues, tasks, concurrency }: Ready, who: string): string {
  const cut = (names: readonly string[]) =>
    names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')
  const work = `queues ${cut(queues)} · tasks ${cut(tasks)} · concurrency ${concurrency}`
  return `legwork ${who} ready · pid ${pid} · ${store} · ${work}`
}

/** Runs one worker in this process until a signal ends it: gently, hurried by a second, cut by a third. */
export async function work(
  file: string | undefined,
  options: WorkOptions,
  terminal: Terminal,
): Promise<number> {
  const loaded = await loadApp(file, options)
  const { app } = loaded
  const hurry = new AbortController()
  let signals = 0
  let stopping: Promise<void> | undefined
  const ended = new Promise<number>((resolve, reject) => {
    const onSignal = (): void => {
      signals += 1
      if (signals === 1) {
        terminal.err('Stopping: running jobs may end; a second signal hurries them.')
        stopping = app.stop({
          hurry: hurry.signal,
          ...(options.grace !== undefined && { grace: options.grace }),
        })
        stopping.then(() => resolve(exits.ok), reject)
      } else if (signals === 2) {
        terminal.err('Hurrying: running jobs are asked to stop and given back.')
        hurry.abort()
      } else process.exit(exits.failed)
    }
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  })
  try {
    await app.start(startOptions(options))
  } catch (error) {
    // A signal during the start ends the app under it.
    if (stopping) return ended
    await app.stop()
    throw error
  }
  const facts = await readyFacts(loaded, options).catch(() => undefined)
  if (facts && options.json) terminal.json({ event: 'ready', ...facts, worker: app.workerId })
  else if (facts) terminal.out(showReady(facts, 'worker'))
  return ended
}

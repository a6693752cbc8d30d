import { legwork } from '../app.ts'
import { type AnyTask, task } from '../define/task.ts'
import type { EnqueueOptions } from '../enqueue/options.ts'
import type { Duration } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'
import type { App } from '../surface.ts'
import type { Store } from '../store/index.ts'
import type { Command } from 'commander'
import { acquaintanceOf, jobsOf, maybe } from './acquaintance.ts'
import { type Common, count, duration, instant, many } from './command.ts'
import { placeOf } from './connect.ts'
import { warn } from './exit.ts'
import { isAlive } from './health.ts'
import { loadApp, taskOf } from './load-app.ts'
import type { Terminal } from './terminal.ts'

/** What `run` and `enqueue` have in common. */
export interface Produce extends Common {
  readonly app?: string
  readonly queue?: string
  readonly file?: string
  readonly delay?: Duration
  readonly at?: Date
  readonly priority?: number
  readonly id?: string
  readonly tag?: string[]
  readonly uniqueKey?: string
}

export function produceOptions(command: Command): Command {
  return command
    .option('-f, --file <path>', 'read the payload from a file; - for standard input')
    .option('--app <file>', 'the app that knows the task: its schema and policy are used')
    .option('--queue <name>', 'without --app: the queue, else default; the payload goes unchecked')
    .addOption(duration('--delay <time>', 'not before this much time, such as 10m'))
    .addOption(instant('--at <instant>', 'not before this instant, such as 2026-05-01T09:00Z', Date.now))
    .addOption(count('--priority <n>', '0 runs first, 9 last', { max: 9 }))
    .option('--id <id>', 'an id of your own: the same id again finds the same job')
    .option(
      '--unique-key <key>',
      'find the unfinished job with this key, or whatever the task’s own rule says',
    )
    .addOption(many('--tag <name>', 'a tag to search by; may be repeated'))
}

/** Whom `withTask` talks to, and what it was told. */
export interface Production {
  readonly options: Produce
  readonly terminal: Terminal
}

/** The app and the task that a command line names, for as long as `use` takes. */
export async function withTask<T>(
  name: string,
  { options, terminal }: Production,
  use: (app: App, task: AnyTask) => Promise<T>,
): Promise<T> {
  checkProduce(options)
  const loaded = options.app === undefined ? undefined : await loadApp(options.app, options)
  const app = loaded?.app ?? bare(options)
  try {
    if (loaded) return await use(app, taskOf(loaded, name))
    const bareTask = task(name, { queue: options.queue ?? 'default' })
    const doubt = await doubtOf(await app.store(), bareTask)
    if (doubt !== undefined) warn(doubt, terminal, options.json)
    return await use(app, bareTask)
  } finally {
    await app.stop()
  }
}

function checkProduce({ app, queue, delay, at }: Produce): void {
  if (app !== undefined && queue !== undefined)
    throw new InvalidOption('--queue', queue, 'no --queue together with --app: the task says its own')
  if (delay !== undefined && at !== undefined)
    throw new InvalidOption('--at', at, 'either --delay or --at, not both')
}

/** What makes it doubtful that anybody will run a job of this task in this queue; the store may also be new. */
async function doubtOf(store: Store, { name, policy: { queue } }: AnyTask): Promise<string | undefined> {
  const [known, jobs] = await Promise.all([acquaintanceOf(store), jobsOf(store, name)])
  const alive = known.workers.filter((worker) => isAlive(worker, Date.now()))
  const handling = alive.filter(({ tasks }) => tasks.includes(name))
  const started = jobs.filter(({ attempt }) => attempt > 0).map((job) => job.queue)
  const home = new Set(handling.length > 0 ? handling.flatMap(({ queues }) => queues) : started)
  if (home.size > 0 && !home.has(queue))
    return `Jobs of ${name} go to queue ${[...home].join(', ')} here, and this one goes to ${queue}; --queue names another one.`
  if (handling.length > 0) return undefined
  const others = known.tasks.filter((task) => task !== name)
  if (alive.some(({ queues }) => queues.includes(queue)))
    return `No live worker of queue ${queue} has a handler for ${name}${maybe(name, others)}.`
  if (jobs.length > 0 || others.length === 0) return undefined
  return `No job here was ever of a task ${name}, and no worker handles it${maybe(name, others)}.`
}

/** An app without tasks, on the store of the command line. */
function bare(options: Common): App {
  const { url, from } = placeOf(options)
  if (/^memory:/i.test(url))
    throw new InvalidOption(
      from,
      url,
      'a store that outlives its process; a job in memory: would end with this command',
    )
  return legwork(url)
}

export function enqueueOptions({ delay, at, priority, id, tag, uniqueKey }: Produce): EnqueueOptions {
  return {
    ...(delay !== undefined && { delay }),
    ...(at !== undefined && { runAt: at }),
    ...(priority !== undefined && { priority: priority as NonNullable<EnqueueOptions['priority']> }),
    ...(id !== undefined && { id }),
    ...(tag && { tags: tag }),
    ...(uniqueKey !== undefined && { unique: { key: uniqueKey } }),
  }
}

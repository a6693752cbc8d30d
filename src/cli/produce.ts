import { legwork } from '../app.ts'
import { type AnyTask, task } from '../define/task.ts'
import type { EnqueueOptions } from '../enqueue/new-job.ts'
import type { Duration } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'
import type { App } from '../surface.ts'
import { type Command, Option } from 'commander'
import { type Common, count, duration, many } from './command.ts'
import { placeOf } from './connect.ts'
import { loadApp, taskOf } from './load-app.ts'

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
}

export function produceOptions(command: Command): Command {
  return command
    .option('-f, --file <path>', 'read the payload from a file; - for standard input')
    .option('--app <file>', 'the app that knows the task: its schema and policy are used')
    .option('--queue <name>', 'without --app: the queue of the job; its payload goes unchecked', 'default')
    .addOption(duration('--delay <time>', 'not before this much time, such as 10m'))
    .addOption(
      new Option('--at <instant>', 'not before this instant, such as 2026-05-01T09:00Z').argParser(
        (text) => new Date(text),
      ),
    )
    .addOption(count('--priority <n>', '0 runs first, 9 last', { max: 9 }))
    .option('--id <id>', 'an id of your own: the same id again finds the same job')
    .addOption(many('--tag <name>', 'a tag to search by; may be repeated'))
}

/** The app and the task that a command line names, for as long as `use` takes. */
export async function withTask<T>(
  name: string,
  options: Produce,
  use: (app: App, task: AnyTask) => Promise<T>,
): Promise<T> {
  const loaded = options.app === undefined ? undefined : await loadApp(options.app, options)
  const app = loaded?.app ?? bare(options)
  try {
    return await use(app, loaded ? taskOf(loaded, name) : task(name, { queue: options.queue ?? 'default' }))
  } finally {
    await app.stop()
  }
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

export function enqueueOptions({ delay, at, priority, id, tag }: Produce): EnqueueOptions {
  return {
    ...(delay !== undefined && { delay }),
    ...(at !== undefined && { runAt: at }),
    ...(priority !== undefined && { priority: priority as NonNullable<EnqueueOptions['priority']> }),
    ...(id !== undefined && { id }),
    ...(tag && { tags: tag }),
  }
}

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { defaults } from '../job/defaults.ts'
import { showMs, toMs } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'
import { placeOf } from './connect.ts'
import { Crew, type CrewEvent } from './crew.ts'
import { report } from './exit.ts'
import { loadApp } from './load-app.ts'
import { safe } from './safe.ts'
import { plural } from './table.ts'
import type { Terminal } from './terminal.ts'
import { type Ready, readyFacts, rungs, showReady, type WorkOptions } from './work.ts'

/**
 * Runs `--processes` workers as processes of their own. This process opens the same store but runs no jobs:
 * it sees a worker die and hands its jobs back in that moment, long before the lease runs out.
 */
export async function supervise(
  file: string | undefined,
  options: WorkOptions,
  terminal: Terminal,
): Promise<number> {
  const loaded = await loadApp(file, options)
  const store = await loaded.app.store()
  if (!store.can.shared)
    throw new InvalidOption(
      '--processes',
      options.processes,
      `one process, because the store ${store.name} is not shared between processes`,
    )
  const facts = await readyFacts(loaded, options)
  const crew = new Crew({
    processes: options.processes ?? 1,
    patienceMs: toMs(options.grace ?? defaults.drainGraceMs, 'grace') + defaults.abortGraceMs + 10_000,
    fork: () =>
      fork(fileURLToPath(new URL('./main.js', import.meta.url)), memberArguments(loaded.file, options), {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      }),
    lapse: (workers, cause, how) => store.lapse(workers, cause, how),
    tell: (event) => tell(event, { options, terminal, facts }),
  })
  const climb = () => crew.climb()
  process.on('SIGTERM', climb).on('SIGINT', climb)
  const code = await crew.run()
  await loaded.app.stop()
  tell({ event: 'stopped' }, { options, terminal, facts })
  return code
}

/** The command line of a process of the crew. */
export function memberArguments(file: string, options: WorkOptions): string[] {
  const { concurrency, queues, grace, lease, preload } = options
  const { url, from } = placeOf(options)
  const given: Readonly<Record<string, unknown>> = {
    '--url': from === 'default' ? undefined : url,
    '--concurrency': concurrency,
    '--queues':
      queues &&
      Object.entries(queues)
        .map(([name, slots]) => `${name}=${slots.concurrency}`)
        .join(','),
    '--grace': grace,
    '--lease': lease,
  }
  const pairs = Object.entries(given).filter(([, value]) => value !== undefined)
  return [
    'worker',
    file,
    '--member',
    ...(preload ? ['--preload'] : []),
    ...pairs.flatMap(([flag, value]) => [flag, String(value)]),
  ]
}

interface Telling {
  readonly options: WorkOptions
  readonly terminal: Terminal
  readonly facts: Ready
}

function tell(event: CrewEvent, { options, terminal, facts }: Telling): void {
  if (options.json)
    return terminal.json(
      event.event === 'ready' ? { ...event, ...facts, processes: options.processes } : event,
    )
  switch (event.event) {
    case 'ready':
      return terminal.out(
        showReady(
          facts,
          `supervisor with ${plural(options.processes ?? 1, 'process', 'processes')}`,
          options,
        ),
      )
    case 'member-ready':
      return terminal.out(`process ${event.seat} (pid ${event.pid}) is ready`)
    case 'member-lost':
      return terminal.out(lossLine(event))
    case 'refused':
      return void report(Object.assign(new Error(event.message), { code: event.code }), terminal, {
        debug: false,
        json: false,
      })
    case 'trouble':
      return terminal.err(safe(event.message))
    default:
      return terminal.err(
        event.event === 'killing' ? 'Killing the processes; their jobs are handed back.' : rungs[event.event],
      )
  }
}

function lossLine({
  seat,
  pid,
  cause,
  handedBack,
  againInMs,
}: Extract<CrewEvent, { event: 'member-lost' }>): string {
  const next =
    againInMs === undefined
      ? ''
      : againInMs === 0
        ? '; another takes its place'
        : `; another takes its place in ${showMs(againInMs)}`
  return `process ${seat} (pid ${pid}) is gone, ${cause}; ${plural(handedBack, 'job')} handed back${next}`
}

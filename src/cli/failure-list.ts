import { type Command, CommanderError } from 'commander'
import { nearest, UnknownThing } from '../job/errors.ts'
import type { Duration } from '../job/duration.ts'
import { type Failure, listFailures, markFailures } from '../operate/failures.ts'
import type { Store } from '../store/index.ts'
import { strangers } from './acquaintance.ts'
import { add, type Call, type Common, does, moment } from './command.ts'
import { actor, withStore } from './connect.ts'
import { warn } from './exit.ts'
import { safe } from './safe.ts'
import { type Column, plural, table } from './table.ts'
import type { Paint, Terminal } from './terminal.ts'
import { ago } from './view.ts'

interface Options extends Common {
  readonly task?: string
  readonly queue?: string
  readonly since?: Date | Duration
  readonly all?: boolean
}

/** `dead` and `dead groups`: what went wrong, in groups of errors that look alike. */
export function registerGroups(dead: Command, terminal: Terminal): void {
  const groups = add(dead, 'groups', {
    summary: 'list the groups of dead letters: errors that look alike, the largest first',
    examples: ['dead', 'dead groups --since 1d', 'dead groups --all --json'],
    isDefault: true,
  })
  groups
    .argument('[command]')
    .option('--task <name>', 'only of this task')
    .option('--queue <name>', 'only of this queue')
    .addOption(moment('--since <time>', 'only where a job died since this instant, or this long ago'))
    .option('--all', 'also groups that are ignored, or have no dead jobs any more')
  does<Options>(groups, ({ args: [word], options }) => {
    if (word !== undefined) throw unknownCommand(dead, word)
    return withStore(options, (store) => showGroups(store, options, terminal))
  })
}

/** The default command takes what is no command of `dead`, so that a slip of the keys is told as one. */
function unknownCommand(dead: Command, word: string): CommanderError {
  const near = nearest(
    word,
    dead.commands.map((command) => command.name()),
  )
  const text = `error: unknown command '${word}'${near ? `\n(Did you mean ${near}?)` : ''}`
  return new CommanderError(2, 'commander.unknownCommand', text)
}

async function showGroups(store: Store, options: Options, terminal: Terminal): Promise<void> {
  const { task, queue, since, all } = options
  const where = {
    ...(task !== undefined && { task }),
    ...(queue !== undefined && { queue }),
    ...(since !== undefined && { since }),
  }
  const found = await listFailures(store, where, Date.now())
  const shown = all ? found : found.filter(({ count, status }) => count > 0 && status !== 'ignored')
  const hints = found.length === 0 ? await strangers(store, { task, queue }) : []
  if (options.json) {
    for (const hint of hints) warn(hint, terminal, true)
    return terminal.json({ items: shown })
  }
  for (const line of shown.length > 0 ? table(shown, columns(Date.now()), terminal) : []) terminal.out(line)
  if (shown.length === 0) terminal.err([emptiness(where), ...hints].join('\n  '))
  const ignored = all ? [] : found.filter(({ count, status }) => count > 0 && status === 'ignored')
  const hidden = ignored.reduce((sum, { count }) => sum + count, 0)
  if (hidden > 0) terminal.err(`${plural(hidden, 'dead letter')} in ignored groups: --all shows them`)
  if (shown[0]) terminal.err(next(shown[0]))
}

const emptiness = (where: object): string =>
  Object.keys(where).length > 0 ? 'No dead letters match.' : 'No dead letters.'

function next({ fingerprint, sampleJobId }: Failure): string {
  const show = sampleJobId === undefined ? '' : `  legwork dead show ${safe(sampleJobId)}\n`
  return `${show}  legwork dead redrive --fingerprint ${safe(fingerprint)} --dry-run`
}

const colours: Readonly<Record<Failure['status'], Paint>> = { open: 'red', ignored: 'dim', resolved: 'green' }

function columns(now: number): Column<Failure>[] {
  return [
    { title: 'FINGERPRINT', cell: ({ fingerprint }) => fingerprint },
    { title: 'TASK', cell: ({ task }) => task },
    { title: 'QUEUE', cell: ({ queue }) => queue },
    { title: 'DEAD', cell: ({ count }) => count, right: true },
    { title: 'EVER', cell: ({ total }) => total, right: true },
    { title: 'LAST', cell: ({ lastSeenAt }) => ago(lastSeenAt.getTime(), now), right: true },
    { title: 'LAST 24 H', cell: ({ trend }) => sparkline(trend) },
    {
      title: 'STATUS',
      cell: ({ status, regressedAt }) => (regressedAt ? 'regressed' : status),
      paint: ({ status }) => colours[status],
    },
    { title: 'ERROR', cell: ({ name, message }) => [name, message].filter(Boolean).join(': ') },
  ]
}

const bars = '▁▂▃▄▅▆▇█'

/** Counts as a line of bars; an hour in which nobody died is a dot. */
export function sparkline(counts: readonly number[]): string {
  const most = Math.max(1, ...counts)
  return counts.map((n) => (n === 0 ? '·' : bars[Math.ceil((n / most) * bars.length) - 1])).join('')
}

const marks = {
  ignore: {
    status: 'ignored',
    says: 'want no more of a group: it is not shown, and its deaths are still counted',
  },
  resolve: {
    status: 'resolved',
    says: 'call a group mended: it opens again, as regressed, when a job dies in it',
  },
  reopen: { status: 'open', says: 'open a group again that was ignored or resolved' },
} as const

export function registerMarks(dead: Command, terminal: Terminal): void {
  for (const [verb, { status, says }] of Object.entries(marks)) {
    const mark = add(dead, `${verb} <fingerprint...>`, {
      summary: says,
      examples: [`dead ${verb} FINGERPRINT`, `dead ${verb} FINGERPRINT --task email.send`],
    })
    mark.option('--task <name>', 'only its group of this task').option('--queue <name>', 'only of this queue')
    does<Options>(mark, (call) => setStatus(call, status, terminal))
  }
}

async function setStatus(
  { args, options }: Call<Options>,
  status: Failure['status'],
  terminal: Terminal,
): Promise<void> {
  const { task, queue } = options
  const which = { ...(task !== undefined && { task }), ...(queue !== undefined && { queue }) }
  const items = await withStore(options, async (store) => {
    const known = (await listFailures(store, which, Date.now())).map(({ fingerprint }) => fingerprint)
    for (const fingerprint of args) if (!known.includes(fingerprint)) throw unknown(fingerprint, known)
    return Promise.all(
      args.map(async (fingerprint) => ({
        fingerprint,
        status,
        groups: await markFailures(store, { fingerprint, ...which }, { status, by: actor() }),
      })),
    )
  })
  if (options.json) return terminal.json({ items })
  for (const { fingerprint, groups } of items)
    terminal.out(
      `${safe(fingerprint)}  ${terminal.paint(colours[status], status)}${groups > 1 ? ` (${groups} groups)` : ''}`,
    )
}

function unknown(fingerprint: string, known: readonly string[]): UnknownThing {
  const near = nearest(fingerprint, known)
  return new UnknownThing(
    'LW2313',
    `no group of dead letters has the fingerprint ${fingerprint}${near ? ` (did you mean ${near}?)` : ''}.`,
    { fingerprint },
  )
}

import { payloadRoom } from '../payload/room.ts'
import type { Command } from 'commander'
import { showMs } from '../job/duration.ts'
import { InvalidOption, LegworkError } from '../job/errors.ts'
import { idSource } from '../job/id.ts'
import type { Rate } from '../job/rate.ts'
import type { BulkHandle, BulkProgress } from '../operate/bulk-handle.ts'
import { operator } from '../operate/operator.ts'
import type { Forecast } from '../operate/redrive.ts'
import type { Store } from '../store/index.ts'
import { consoleLogger, realClock, realRandom } from '../world.ts'
import { strangers } from './acquaintance.ts'
import { add, type Call, type Common, count, does } from './command.ts'
import { confirm } from './confirm.ts'
import { actor, withStore } from './connect.ts'
import { type DeadOptions, deadOptions, lettersOf, limitOption } from './dead-filter.ts'
import { exits, warn } from './exit.ts'
import { progressBar } from './progress-bar.ts'
import { safe } from './safe.ts'
import { type Column, plural, table } from './table.ts'
import type { Terminal } from './terminal.ts'
import { ago } from './view.ts'

interface Options extends DeadOptions {
  readonly rate?: Rate
  readonly canary?: number
  readonly to?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly detach?: boolean
}

export function registerBulk(dead: Command, terminal: Terminal): void {
  const redrive = add(dead, 'redrive [id...]', {
    summary: 'bring dead letters back at a rate; Ctrl-C stops it, and resume goes on',
    examples: [
      'dead redrive --error ETIMEDOUT --rate 50/s --dry-run',
      'dead redrive --task email.send --rate 50/s --canary 10',
      'dead redrive --fingerprint FINGERPRINT --to emails-slow',
      'dead redrive --all --rate 3000/m --detach',
    ],
  })
  bulkOptions(redrive, 'all of them, where nothing else is said')
    .addOption(
      count('--canary <n>', 'wait after the first n until they are completed', { min: 1, max: 1_000 }),
    )
    .option('--to <queue>', 'another queue for them to go to')
  does<Options>(redrive, (call) => begin(call, 'redrive', terminal))
  const purge = add(dead, 'purge [id...]', {
    summary: 'remove dead letters for good',
    examples: ['dead purge --until 30d --dry-run', 'dead purge --fingerprint FINGERPRINT --yes'],
  })
  does<Options>(
    bulkOptions(purge, 'all of them, where nothing else is said').option('--yes', 'do not ask'),
    (call) => begin(call, 'purge', terminal),
  )
  registerRunning(dead, terminal)
}

const bulkOptions = (command: Command, all: string): Command =>
  deadOptions(command.option('--all', all))
    .option('--rate <rate>', 'how fast: 50/s, 3000/m, 100/h; without it as fast as the store goes')
    .addOption(limitOption('end after so many'))
    .option('--dry-run', 'only say how many it would be')
    .option('--detach', 'leave it to the workers, and do not wait')

function registerRunning(dead: Command, terminal: Terminal): void {
  does<Common>(
    add(dead, 'redrives', {
      summary: 'list redrives and purges, newest first, with how far they have come',
      examples: ['dead redrives', 'dead redrives --json'],
    }),
    ({ options }) => withStore(options, (store) => listBulks(store, options, terminal)),
  )
  does<Common>(
    add(dead, 'stop <id...>', {
      summary: 'stop a redrive or purge where it is',
      examples: ['dead stop ID'],
    }),
    (call) => stop(call, terminal),
  )
  const resume = add(dead, 'resume <id>', {
    summary: 'go on with a redrive or purge that was stopped, or whose process died',
    examples: ['dead resume ID', 'dead resume ID --detach'],
  })
  does<Options>(resume.option('--detach', 'leave it to the workers, and do not wait'), (call) =>
    goOn(call, terminal),
  )
}

const operating = (store: Store) =>
  operator({
    open: async () => store,
    clock: realClock,
    log: consoleLogger,
    newId: idSource({ now: realClock.now, random: realRandom }),
    taskOf: () => undefined,
    wrapping: payloadRoom({}, realClock).wrapping,
    by: actor(),
  })

async function begin(
  { args, options }: Call<Options>,
  kind: BulkProgress['kind'],
  terminal: Terminal,
): Promise<number> {
  const { rate, limit, canary, to, dryRun, json } = options
  const filter = lettersOf(options, args)
  if (Object.keys(filter).length === 0)
    throw new LegworkError(
      'LW1201',
      `dead ${kind} takes ids, a filter such as --task, --error or --fingerprint, or --all for every dead letter there is.`,
      { fix: 'Say which; --dry-run shows how many it would be.' },
    )
  if (args.length > 1_000)
    throw new InvalidOption(
      'ids',
      args.length,
      'at most 1,000 ids; for more use a filter such as --fingerprint',
    )
  return withStore(options, async (store) => {
    const { redrive, purge, end } = operating(store)
    const how = {
      by: actor(),
      ...(rate !== undefined && { rate }),
      ...(limit !== undefined && { limit }),
    }
    const own = { ...(canary !== undefined && { canary }), ...(to !== undefined && { to }) }
    const foresee = (): Promise<Forecast> =>
      kind === 'redrive'
        ? redrive(filter, { ...how, ...own, dryRun: true })
        : purge(filter, { ...how, dryRun: true })
    if (dryRun) return tellForecast(await foresee(), { store, kind, options }, terminal)
    if (kind === 'purge') {
      const { total } = await foresee()
      if (
        total > 0 &&
        !(await confirm(terminal, `remove ${plural(total, 'dead letter')} for good`, options.yes))
      )
        return exits.failed
    }
    const bulk = await (kind === 'redrive' ? redrive(filter, { ...how, ...own }) : purge(filter, how))
    const before = await bulk.progress()
    if (before.state === 'done' && before.total === 0)
      return tellNothing(before, { store, options }, terminal)
    try {
      return await follow(bulk, { options, before }, terminal)
    } finally {
      if (!json && options.detach) terminal.err(`  The workers go on with it. See it: legwork dead redrives`)
      await end()
    }
  })
}

interface About {
  readonly store: Store
  readonly options: Options
}

async function tellNothing(
  progress: BulkProgress,
  { store, options }: About,
  terminal: Terminal,
): Promise<number> {
  for (const hint of await strangers(store, options)) warn(hint, terminal, options.json)
  if (options.json) terminal.json(progress)
  else terminal.err('No dead letters match; nothing was done.')
  return exits.ok
}

async function tellForecast(
  { total, sample }: Forecast,
  { store, kind, options }: About & { readonly kind: BulkProgress['kind'] },
  terminal: Terminal,
): Promise<number> {
  if (total === 0) for (const hint of await strangers(store, options)) warn(hint, terminal, options.json)
  if (options.json) terminal.json({ total, sample, dryRun: true })
  else {
    for (const id of sample) terminal.out(safe(id))
    if (total > sample.length) terminal.out(`… and ${plural(total - sample.length, 'more', 'more')}`)
    terminal.err(
      total === 0
        ? 'No dead letters match.'
        : `${plural(total, 'dead letter')} would be ${kind === 'redrive' ? 'brought back' : 'removed for good'}.`,
    )
  }
  return exits.ok
}

/** Shows it until it is over. Ctrl-C stops it, durably, and says how to go on. */
async function follow(
  bulk: BulkHandle,
  { options, before }: { readonly options: Options; readonly before: BulkProgress },
  terminal: Terminal,
): Promise<number> {
  const { json, detach } = options
  if (!json)
    terminal.err(
      `${before.kind} ${safe(bulk.id)}: ${before.isEstimate ? 'up to ' : ''}${plural(before.total, 'dead letter')}`,
    )
  if (detach) {
    if (json) terminal.json(before)
    return exits.ok
  }
  const leave = new AbortController()
  const interrupt = () => leave.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const bar = progressBar(json === true)
  try {
    const last = await bulk.wait({ signal: leave.signal, hear: (now) => bar.show(now, Date.now()) })
    bar.clear()
    return tellEnd(last, options, terminal)
  } catch (error) {
    bar.clear()
    if (!leave.signal.aborted) throw error
    tellEnd(await bulk.stop('Ctrl-C'), options, terminal)
    return exits.interrupted
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

function tellEnd(last: BulkProgress, options: Options, terminal: Terminal): number {
  if (options.json) terminal.json(last)
  else {
    const isDone = last.state === 'done'
    const mark = isDone ? terminal.paint('green', '✔ done') : terminal.paint('yellow', last.state)
    terminal.out(`${mark}  ${numbers(last)}${last.note ? `: ${safe(last.note)}` : ''}`)
    if (!isDone) terminal.err(`  Go on: legwork dead resume ${safe(last.id)}`)
  }
  return last.state === 'done' ? exits.ok : exits.failed
}

function numbers({
  kind,
  done,
  total,
  isEstimate,
  skipped,
  failed,
  startedAt,
  endedAt,
}: BulkProgress): string {
  const took = endedAt ? ` in ${showMs(endedAt.getTime() - startedAt.getTime())}` : ''
  return [
    `${done.toLocaleString('en')} of ${isEstimate ? 'up to ' : ''}${total.toLocaleString('en')} ${kind === 'redrive' ? 'brought back' : 'removed'}${took}`,
    skipped > 0 ? `${skipped.toLocaleString('en')} no longer dead` : '',
    failed > 0 ? `${failed.toLocaleString('en')} failed to be edited` : '',
  ]
    .filter(Boolean)
    .join(', ')
}

async function listBulks(store: Store, options: Common, terminal: Terminal): Promise<void> {
  const items = await operating(store).bulks()
  if (options.json) return terminal.json({ items })
  if (items.length === 0) return terminal.err('No redrives and no purges.')
  for (const line of table(items, columns(Date.now()), terminal)) terminal.out(line)
}

function columns(now: number): Column<BulkProgress>[] {
  const colours = { running: 'cyan', canary: 'cyan', stopped: 'yellow', done: 'green' } as const
  return [
    { title: 'ID', cell: ({ id }) => id },
    { title: 'KIND', cell: ({ kind }) => kind },
    { title: 'STATE', cell: ({ state }) => state, paint: ({ state }) => colours[state] },
    { title: 'DONE', cell: ({ done }) => done, right: true },
    { title: 'OF', cell: ({ total, isEstimate }) => `${isEstimate ? '≤' : ''}${total}`, right: true },
    { title: 'STARTED', cell: ({ startedAt }) => ago(startedAt.getTime(), now), right: true },
    { title: 'BY', cell: ({ by }) => by },
    { title: 'NOTE', cell: ({ note = '' }) => note },
  ]
}

async function stop({ args, options }: Call<Common>, terminal: Terminal): Promise<void> {
  const items = await withStore(options, (store) => {
    const { bulk } = operating(store)
    return Promise.all(args.map((id) => bulk(id).stop()))
  })
  if (options.json) return terminal.json({ items })
  for (const one of items) {
    terminal.out(`${safe(one.id)}  ${one.state}, ${numbers(one)}`)
    if (one.state === 'stopped') terminal.err(`  Go on: legwork dead resume ${safe(one.id)}`)
  }
}

async function goOn({ args: [id = ''], options }: Call<Options>, terminal: Terminal): Promise<number> {
  return withStore(options, async (store) => {
    const { bulk, end } = operating(store)
    const handle = bulk(id)
    const before = await handle.resume()
    try {
      if (before.state === 'done') return tellEnd(before, options, terminal)
      return await follow(handle, { options, before }, terminal)
    } finally {
      await end()
    }
  })
}

import type { Command } from 'commander'
import { toQueueLimits } from '../../enqueue/queue-limits.ts'
import { type Duration, showMs } from '../../job/duration.ts'
import { InvalidOption } from '../../job/errors.ts'
import { type QueueLimits, showLimits } from '../../job/intake.ts'
import { checkName } from '../../job/name.ts'
import type { Count, WorkerView } from '../../store/index.ts'
import { maybe } from '../acquaintance.ts'
import { add, type Call, type Common, count, does } from '../command.ts'
import { actor, withStore } from '../connect.ts'
import { type Health, healthOf, serving } from '../health.ts'
import { type Column, plural, table } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { iso } from '../view.ts'

export function register(program: Command, terminal: Terminal): void {
  const queues = add(program, 'queues', {
    summary: 'list, pause, resume and limit queues',
    examples: ['queues list', 'queues pause emails --reason "vendor outage"', 'queues resume emails'],
  })
  does<Common>(
    add(queues, 'list', {
      summary: 'list queues with their numbers of jobs',
      examples: ['queues list', 'queues list --json'],
    }),
    (call) => list(call, terminal),
  )
  registerLimits(queues, terminal)
  const pause = add(queues, 'pause <queue...>', {
    summary: 'stop claims from a queue; running jobs go on, enqueue goes on',
    examples: ['queues pause emails --reason "vendor outage"'],
  })
  does<Pause>(
    pause
      .option('--reason <text>', 'shown by queues list and why', 'paused by hand')
      .option('--dry-run', 'only say what would happen'),
    (call) => setPaused(call, true, terminal),
  )
  const resume = add(queues, 'resume <queue...>', {
    summary: 'let workers claim from a paused queue again',
    examples: ['queues resume emails'],
  })
  does<Pause>(resume.option('--dry-run', 'only say what would happen'), (call) =>
    setPaused(call, false, terminal),
  )
}

function registerLimits(queues: Command, terminal: Terminal): void {
  const limit = add(queues, 'limit <queue...>', {
    summary: 'limit what a queue takes from producers; an enqueue beyond is refused',
    examples: ['queues limit emails --max-waiting 10000', 'queues limit emails --rate 100/1s'],
  })
  does<Limit>(
    limit
      .addOption(count('--max-waiting <n>', 'jobs that may wait in it', { max: 1_000_000_000 }))
      .option('--rate <jobs/time>', 'new jobs in a window of time, such as 100/1s')
      .option('--dry-run', 'only say what would happen'),
    (call) => setLimits(call, readLimits(call.options), terminal),
  )
  const unlimit = add(queues, 'unlimit <queue...>', {
    summary: 'lift the limits of a queue',
    examples: ['queues unlimit emails'],
  })
  does<Limit>(unlimit.option('--dry-run', 'only say what would happen'), (call) =>
    setLimits(call, null, terminal),
  )
}

interface Limit extends Common {
  readonly maxWaiting?: number
  readonly rate?: string
  readonly dryRun?: boolean
}

function readLimits({ maxWaiting, rate }: Limit): QueueLimits {
  const [, max, every] = /^(\d+)\/(\w+)$/.exec(rate ?? '') ?? []
  if (rate !== undefined && max === undefined)
    throw new InvalidOption('--rate', rate, 'jobs and a time, such as 100/1s')
  return toQueueLimits({
    ...(maxWaiting !== undefined && { maxWaiting }),
    ...(max !== undefined && { enqueueRate: { max: Number(max), every: every as Duration } }),
  })
}

async function setLimits(
  { args, options }: Call<Limit>,
  limits: QueueLimits | null,
  terminal: Terminal,
): Promise<void> {
  const names = args.map((name) => checkName(name, 'queue'))
  const before = await withStore(options, async (store) => {
    const counts = await store.counts()
    const setting = limits && { ...limits, by: actor() }
    if (!options.dryRun) await store.setQueues(names.map((name) => ({ name, limits: setting })))
    return counts
  })
  if (options.json)
    return terminal.json({
      items: names.map((queue) => ({ queue, limits })),
      ...(options.dryRun && { dryRun: true }),
    })
  for (const name of names) {
    const had = before.find(({ queue }) => queue === name)?.limits
    const what = limits ? `limited: ${showLimits(limits)}` : had ? 'without limits' : 'had no limits'
    terminal.out(`${name}  ${options.dryRun ? 'would be ' : ''}${what}`)
    unknownQueue(name, before, terminal)
  }
}

interface Pause extends Common {
  readonly reason?: string
  readonly dryRun?: boolean
}

interface Row extends Count {
  readonly workers: number
  readonly health: Health
}

async function list({ options }: Call<Common>, terminal: Terminal): Promise<void> {
  const [counts, workers] = await withStore(options, (store) =>
    Promise.all([store.counts(), store.workers()]),
  )
  const now = Date.now()
  const rows = counts.map((count) => toRow(count, workers, now))
  if (options.json) return terminal.json({ items: rows.map(rowJson) })
  if (rows.length === 0) return terminal.err('No queues: nothing was ever enqueued here.')
  for (const line of table(rows, columns(now), terminal)) terminal.out(line)
}

function toRow(count: Count, workers: readonly WorkerView[], now: number): Row {
  const live = serving(count.queue, workers, now).length
  return { ...count, workers: live, health: healthOf(count, live) }
}

function columns(now: number): Column<Row>[] {
  const n = (title: string, state: keyof Count['states']): Column<Row> => ({
    title,
    cell: ({ states }) => states[state],
    right: true,
  })
  const colours = { paused: 'yellow', 'no worker': 'red', ok: 'green', idle: 'dim' } as const
  return [
    { title: 'QUEUE', cell: ({ queue }) => queue },
    { title: 'STATE', cell: ({ health }) => health, paint: ({ health }) => colours[health] },
    n('READY', 'ready'),
    n('RUNNING', 'running'),
    n('SCHEDULED', 'scheduled'),
    { ...n('DEAD', 'dead'), paint: ({ states }) => (states.dead > 0 ? 'red' : undefined) },
    n('COMPLETED', 'completed'),
    {
      title: 'OLDEST',
      cell: ({ oldestReadyAt }) => (oldestReadyAt === undefined ? '-' : showMs(now - oldestReadyAt)),
      right: true,
    },
    { title: 'WORKERS', cell: ({ workers }) => workers, right: true },
    { title: 'NOTE', cell: noteOf },
  ]
}

const noteOf = ({ paused, limits, declared }: Row): string =>
  [
    paused && `by ${paused.by}: ${paused.reason}`,
    limits && showLimits(limits),
    declared && 'declared by code',
  ]
    .filter(Boolean)
    .join('; ')

function rowJson({ queue, health, states, workers, oldestReadyAt, paused, limits, declared }: Row): object {
  return {
    queue,
    health,
    states,
    workers,
    ...(oldestReadyAt !== undefined && { oldestReadyAt: iso(oldestReadyAt) }),
    ...(limits && { limits }),
    ...(declared && { declared: true }),
    ...(paused && { paused: { ...paused, at: iso(paused.at) } }),
  }
}

async function setPaused(
  { args, options }: Call<Pause>,
  isPaused: boolean,
  terminal: Terminal,
): Promise<void> {
  const names = args.map((name) => checkName(name, 'queue'))
  const before = await withStore(options, async (store) => {
    const counts = await store.counts()
    const paused = isPaused ? { reason: options.reason ?? '', by: actor() } : null
    if (!options.dryRun) await store.setQueues(names.map((name) => ({ name, paused })))
    return counts
  })
  const state = isPaused ? 'paused' : 'running'
  if (options.json)
    return terminal.json({
      items: names.map((queue) => ({ queue, state })),
      ...(options.dryRun && { dryRun: true }),
    })
  const verb = isPaused ? 'paused' : 'resumed'
  for (const name of names) {
    terminal.out(`${name}  ${options.dryRun ? 'would be ' : ''}${verb}${facts(name, before, isPaused)}`)
    unknownQueue(name, before, terminal)
  }
}

function facts(name: string, counts: readonly Count[], isPaused: boolean): string {
  const count = counts.find(({ queue }) => queue === name)
  if (!isPaused && !count?.paused) return ' (it was not paused)'
  return count ? `; ${plural(count.states.ready, 'job')} ready, ${count.states.running} running` : ''
}

/** Pausing a queue before its first job is allowed, but it is more often a slip of the keys. */
function unknownQueue(name: string, counts: readonly Count[], terminal: Terminal): void {
  if (counts.some(({ queue }) => queue === name)) return
  const known = counts.map(({ queue }) => queue)
  terminal.err(`  No job was ever in a queue of this name${maybe(name, known)}.`)
}

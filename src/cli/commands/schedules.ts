import { type Command, InvalidArgumentError, Option } from 'commander'
import { showMs } from '../../job/duration.ts'
import { idSource } from '../../job/id.ts'
import { checkKnown } from '../../job/name.ts'
import { type Overlap, overlaps } from '../../job/schedule.ts'
import { type ScheduleControl, scheduleControl, type Triggered } from '../../schedules/control.ts'
import { slotJobs } from '../../schedules/slot-jobs.ts'
import type { BackfillView, ScheduleView, SlotHistory } from '../../schedules/view.ts'
import { payloadRoom } from '../../payload/room.ts'
import { realClock, realRandom } from '../../world.ts'
import { add, type Call, type Common, count, does, oneOf } from '../command.ts'
import { actor, withStore } from '../connect.ts'
import { exits } from '../exit.ts'
import { type Column, plural, table } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { ago } from '../view.ts'

export function register(program: Command, terminal: Terminal): void {
  const schedules = add(program, 'schedules', {
    summary: 'list schedules, pause, resume and trigger them, run slots of the past',
    examples: [
      'schedules list',
      'schedules next nightly',
      'schedules pause nightly --reason "vendor outage"',
      'schedules history nightly',
    ],
  })
  registerLooking(schedules, terminal)
  registerActing(schedules, terminal)
}

function registerLooking(schedules: Command, terminal: Terminal): void {
  does<Common>(
    add(schedules, 'list', {
      summary: 'list the schedules and when each is due',
      examples: ['schedules list --json'],
    }),
    (call) => list(call, terminal),
  )
  does<Common>(
    add(schedules, 'show <name>', {
      summary: 'everything about one schedule',
      examples: ['schedules show nightly'],
    }),
    (call) => show(call, terminal),
  )
  const next = add(schedules, 'next <name>', {
    summary: 'the next slots of a schedule',
    examples: ['schedules next nightly', 'schedules next nightly --count 20'],
  })
  does<Counted>(next.addOption(count('--count <n>', 'how many', { min: 1, max: 1_000 }).default(5)), (call) =>
    showNext(call, terminal),
  )
  const history = add(schedules, 'history <name>', {
    summary: 'what became of the slots of a schedule, newest first',
    examples: ['schedules history nightly', 'schedules history nightly --limit 100 --json'],
  })
  does<Counted>(
    history.addOption(count('--limit <n>', 'how many', { min: 1, max: 200 }).default(20)),
    (call) => showHistory(call, terminal),
  )
}

function registerActing(schedules: Command, terminal: Terminal): void {
  const pause = add(schedules, 'pause <name>', {
    summary: 'no slot fires until resume; each is noted as skipped',
    examples: ['schedules pause nightly --reason "vendor outage"'],
  })
  does<Steer>(pause.option('--reason <text>', 'shown by schedules list', 'paused by hand'), (call) =>
    steer(call, terminal, (control, name) => control.pause(name, call.options.reason)),
  )
  const resume = add(schedules, 'resume <name>', {
    summary: 'fire from the next slot on',
    examples: ['schedules resume nightly', 'schedules resume nightly --catch-up'],
  })
  does<Steer>(resume.option('--catch-up', 'treat the slots of the pause as missed'), (call) =>
    steer(call, terminal, (control, name) =>
      control.resume(name, { catchUp: call.options.catchUp === true }),
    ),
  )
  const trigger = add(schedules, 'trigger <name>', {
    summary: 'one job now, besides the calendar; it obeys the overlap policy',
    examples: [
      'schedules trigger nightly',
      `schedules trigger nightly --input '{"day":"2026-05-01"}' --overlap allow`,
    ],
  })
  trigger.addOption(
    new Option('--overlap <policy>', `in place of its own: ${overlaps.join(', ')}`).argParser((word) =>
      oneOf(word, overlaps),
    ),
  )
  does<Trigger>(trigger.option('--input <json>', 'in place of its own'), (call) => triggerNow(call, terminal))
  does<Common>(
    add(schedules, 'remove <name>', {
      summary: 'forget a schedule that was made at run time; its jobs stay',
      examples: ['schedules remove nightly'],
    }),
    (call) => steer(call, terminal, (control, name) => control.remove(name)),
  )
  registerBackfill(schedules, terminal)
}

function registerBackfill(schedules: Command, terminal: Terminal): void {
  const backfill = add(schedules, 'backfill <name>', {
    summary: 'run the slots of a range of the past, in the background',
    examples: ['schedules backfill nightly --from 2026-05-01 --to 2026-05-07T23:59Z --concurrency 2'],
  })
  backfill
    .addOption(past('--from <instant>', 'the first instant of the range').makeOptionMandatory())
    .addOption(past('--to <instant>', 'the last instant of the range').makeOptionMandatory())
    .addOption(count('--concurrency <n>', 'its jobs at once', { min: 1, max: 1_000 }).default(1))
    .addOption(
      new Option('--reprocess <which>', 'slots whose job is known: none, failed, all')
        .argParser((word) => oneOf(word, ['none', 'failed', 'all'] as const))
        .default('none'),
    )
  does<Backfill>(backfill, (call) => startBackfill(call, terminal))
  const backfills = add(schedules, 'backfills [name]', {
    summary: 'list backfills and how far they are, or end one',
    examples: ['schedules backfills', 'schedules backfills nightly --cancel 01KBZ7W3Q4T8M2N6P9R5S1V0XY'],
  })
  does<Backfills>(backfills.option('--cancel <id>', 'end this backfill of the schedule'), (call) =>
    showBackfills(call, terminal),
  )
}

interface Counted extends Common {
  readonly count?: number
  readonly limit?: number
}
interface Steer extends Common {
  readonly reason?: string
  readonly catchUp?: boolean
}
interface Trigger extends Common {
  readonly input?: string
  readonly overlap?: Overlap
}
interface Backfill extends Common {
  readonly from: Date
  readonly to: Date
  readonly concurrency: number
  readonly reprocess: 'none' | 'failed' | 'all'
}
interface Backfills extends Common {
  readonly cancel?: string
}

/** An option that takes an instant of the past as well. */
function past(flags: string, about: string): Option {
  return new Option(flags, about).argParser((text): Date => {
    const at = new Date(text)
    if (!Number.isNaN(at.getTime())) return at
    throw new InvalidArgumentError('Expected an instant such as 2026-05-01T09:00Z.')
  })
}

/** The store's schedules, in the name of whoever types. */
function withSchedules<T>(options: Common, use: (control: ScheduleControl) => Promise<T>): Promise<T> {
  return withStore(options, (store) => {
    const now = () => Date.now()
    const newId = idSource({ now, random: realRandom })
    const { wrapping } = payloadRoom({}, realClock)
    const jobs = slotJobs({ declared: new Map(), taskOf: () => undefined, now, wrapping })
    const open = async () => store
    return use(scheduleControl({ open, newId, now, by: actor(), jobs, wake: () => {} }))
  })
}

async function list({ options }: Call<Common>, terminal: Terminal): Promise<void> {
  const found = await withSchedules(options, (control) => control.list())
  if (options.json) return terminal.json({ items: found })
  if (found.length === 0)
    return terminal.err(
      'No schedules. Declare one with app.schedule(name, { cron, task }) and start a worker.',
    )
  const now = Date.now()
  const colours = { active: 'green', paused: 'yellow', errored: 'red', over: 'dim' } as const
  const columns: Column<ScheduleView>[] = [
    { title: 'SCHEDULE', cell: ({ name }) => name },
    { title: 'STATE', cell: ({ state }) => state, paint: ({ state }) => colours[state] },
    { title: 'WHEN', cell: ({ when }) => when },
    { title: 'NEXT', cell: ({ next }) => (next ? ago(next.getTime(), now) : '-') },
    { title: 'TASK', cell: ({ task }) => task },
    { title: 'FIRED', cell: ({ fired }) => fired, right: true },
    { title: 'NOTE', cell: noteOf },
  ]
  for (const line of table(found, columns, terminal)) terminal.out(line)
}

function noteOf({ paused, problem, running, waiting }: ScheduleView): string {
  if (paused) return `by ${paused.by}: ${paused.reason}`
  if (problem) return `${problem.code} ${problem.message}`
  return waiting > 0 ? `${running} running, ${waiting} waiting` : ''
}

async function show({ args, options }: Call<Common>, terminal: Terminal): Promise<void> {
  const [name = ''] = args
  const [found, next] = await withSchedules(options, async (control) => {
    const upcoming = await control.next(name, 3)
    return [(await control.get(name)) as ScheduleView, upcoming] as const
  })
  if (options.json) return terminal.json({ ...found, upcoming: next })
  const rows = Object.entries({
    ...found,
    missed: `${found.missed.run} within ${showMs(found.missed.withinMs)}`,
    paused:
      found.paused && `since ${found.paused.at.toISOString()} by ${found.paused.by}: ${found.paused.reason}`,
    problem: found.problem && `${found.problem.code} ${found.problem.message}`,
    upcoming: next.map((at) => at.toISOString()).join('  '),
  }).filter(([, value]) => value !== undefined)
  for (const [key, value] of rows)
    terminal.out(
      `${terminal.paint('dim', key.padEnd(10))} ${value instanceof Date ? value.toISOString() : value}`,
    )
}

async function showNext({ args: [name = ''], options }: Call<Counted>, terminal: Terminal): Promise<void> {
  const next = await withSchedules(options, (control) => control.next(name, options.count ?? 5))
  if (options.json) return terminal.json({ name, next })
  if (next.length === 0) terminal.err(`Schedule ${name} is over: no slot comes any more.`)
  const now = Date.now()
  for (const at of next) terminal.out(`${at.toISOString()}  ${ago(at.getTime(), now)}`)
}

async function showHistory({ args: [name = ''], options }: Call<Counted>, terminal: Terminal): Promise<void> {
  const found = await withSchedules(options, (control) =>
    control.history(name, { limit: options.limit ?? 20 }),
  )
  if (options.json) return terminal.json({ name, items: found })
  if (found.length === 0) return terminal.err(`No slot of ${name} has come yet.`)
  const columns: Column<SlotHistory>[] = [
    { title: 'SLOT', cell: ({ at }) => at.toISOString() },
    { title: 'OUTCOME', cell: ({ outcome, reason }) => (reason ? `${outcome} (${reason})` : outcome) },
    { title: 'SLOTS', cell: ({ count: n }) => n, right: true },
    {
      title: 'JOB OR NOTE',
      cell: ({ job, note, until }) => job ?? note ?? (until ? `until ${until.toISOString()}` : ''),
    },
  ]
  for (const line of table(found, columns, terminal)) terminal.out(line)
}

async function steer(
  { args: [name = ''], options }: Call<Common>,
  terminal: Terminal,
  act: (control: ScheduleControl, name: string) => Promise<unknown>,
): Promise<number> {
  const [answer, after] = await withSchedules(options, async (control) => [
    await act(control, name),
    await control.get(name),
  ])
  if (options.json)
    terminal.json({ name, state: after?.state ?? 'gone', ...(after?.next && { next: after.next }) })
  else if (answer === false) terminal.err(`There is no schedule ${name}.`)
  else
    terminal.out(
      `${name}  ${after ? after.state : 'removed'}${after?.next ? `; next at ${after.next.toISOString()}` : ''}`,
    )
  return answer === false ? exits.notFound : exits.ok
}

async function triggerNow(
  { args: [name = ''], options }: Call<Trigger>,
  terminal: Terminal,
): Promise<number> {
  const { input, overlap } = options
  const asked = { ...(input !== undefined && { input: parsed(input) }), ...(overlap && { overlap }) }
  checkKnown(asked, ['input', 'overlap'], 'trigger option')
  const done: Triggered = await withSchedules(options, (control) => control.trigger(name, asked))
  if (options.json) terminal.json({ name, ...done })
  else if (done.job === undefined)
    terminal.err(
      `${name}  skipped (${done.reason}): an earlier run is not over; --overlap allow runs it all the same`,
    )
  else terminal.out(`${done.job}${done.outcome === 'held' ? '  waits for an earlier run' : ''}`)
  return done.outcome === 'skipped' ? exits.refused : exits.ok
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidArgumentError(`--input: expected JSON, got ${text.slice(0, 80)}`)
  }
}

async function startBackfill(
  { args: [name = ''], options }: Call<Backfill>,
  terminal: Terminal,
): Promise<void> {
  const { from, to, concurrency, reprocess } = options
  const made = await withSchedules(options, (control) =>
    control.backfill(name, { from, to, concurrency, reprocess }),
  )
  if (options.json) return terminal.json(made)
  terminal.out(`${made.id}  runs with the workers; how far it is: legwork schedules backfills ${name}`)
}

async function showBackfills(
  { args: [name], options }: Call<Backfills>,
  terminal: Terminal,
): Promise<number> {
  const { cancel } = options
  if (cancel !== undefined && name === undefined)
    throw new InvalidArgumentError('--cancel needs the name of the schedule.')
  const [found, isEnded] = await withSchedules(options, async (control) => {
    const ended = cancel === undefined || (await control.cancelBackfill(name as string, cancel))
    return [await control.backfills(name), ended] as const
  })
  if (options.json) terminal.json({ items: found })
  else if (found.length === 0) terminal.err('No backfills.')
  else for (const line of table(found, backfillColumns, terminal)) terminal.out(line)
  if (!isEnded)
    terminal.err(`There is no backfill ${cancel} of ${name}; ${plural(found.length, 'other')} found.`)
  return isEnded ? exits.ok : exits.notFound
}

const backfillColumns: readonly Column<BackfillView>[] = [
  { title: 'BACKFILL', cell: ({ id }) => id },
  { title: 'SCHEDULE', cell: ({ schedule }) => schedule },
  { title: 'STATE', cell: ({ state }) => state },
  { title: 'AT', cell: ({ cursor, from }) => (cursor < from ? '-' : cursor.toISOString()) },
  { title: 'TO', cell: ({ to }) => to.toISOString() },
  { title: 'FIRED', cell: ({ fired }) => fired, right: true },
  { title: 'LIVE', cell: ({ running, waiting }) => running + waiting, right: true },
]

import { showMs } from '../job/duration.ts'
import { clip } from '../job/errors.ts'
import type { RunningView, WorkerView } from '../store/index.ts'
import { safe } from './safe.ts'
import { type Column, table } from './table.ts'
import type { Terminal } from './terminal.ts'
import type { Look, QueueLook, Rates } from './top-look.ts'
import { showProgress } from './view.ts'

/** A column, and how early it is given up where the terminal is narrow: the highest first, 0 never. */
interface Ranked<Row> extends Column<Row> {
  readonly spare: number
}

/** The page of one look, as lines no wider than the terminal. `rows`: how many lines there are, without end in a pipe. */
export function pageOf(look: Look, head: string, terminal: Terminal, rows = Infinity): string[] {
  const top = [...headLines(look, head, terminal), '']
  const parts = [
    part(sortedQueues(look), queueColumns(look.at), 'No queues: nothing was ever enqueued here.', terminal),
    part(look.workers, workerColumns(look.at), 'No worker is alive.', terminal),
    part(look.running, runningColumns(look), 'Nothing runs.', terminal),
  ]
  return [...top, ...share(parts, rows - top.length, terminal)]
}

function headLines({ queues, workers, rates }: Look, head: string, terminal: Terminal): string[] {
  const sum = (state: 'ready' | 'running' | 'scheduled' | 'dead') =>
    queues.reduce((n, { states }) => n + states[state], 0)
  const slots = workers.reduce((n, { concurrency }) => n + concurrency, 0)
  const used = workers.reduce((n, { running }) => n + running, 0)
  const facts = [
    `in ${rate(rates?.in)}`,
    `out ${rate(rates?.out)}`,
    `ready ${sum('ready').toLocaleString('en')}`,
    `running ${sum('running').toLocaleString('en')}`,
    `slots ${used}/${slots}`,
    `dead ${sum('dead').toLocaleString('en')}`,
    `scheduled ${sum('scheduled').toLocaleString('en')}`,
  ]
  const { width = Infinity } = terminal
  return [terminal.paint('bold', clip(head, width)), clip(facts.join('   '), width)]
}

const rate = (perSecond: number | undefined): string =>
  perSecond === undefined
    ? '-'
    : `${perSecond >= 100 ? Math.round(perSecond).toLocaleString('en') : perSecond.toFixed(1)}/s`

/** Queues with trouble first, then those with most to do. */
const sortedQueues = ({ queues }: Look): readonly QueueLook[] =>
  [...queues].sort((a, b) => urgency(b) - urgency(a) || busy(b) - busy(a) || (a.queue < b.queue ? -1 : 1))
const urgency = ({ health }: QueueLook): number => ({ paused: 2, 'no worker': 3, ok: 1, idle: 0 })[health]
const busy = ({ states }: QueueLook): number => states.ready + states.running

function part<Row>(
  rows: readonly Row[],
  columns: readonly Ranked<Row>[],
  empty: string,
  terminal: Terminal,
): string[] {
  if (rows.length === 0) return [terminal.paint('dim', empty)]
  return table(rows, fitting(rows, columns, terminal), terminal)
}

/** Leaves columns out until the others have room. */
function fitting<Row>(
  rows: readonly Row[],
  columns: readonly Ranked<Row>[],
  terminal: Terminal,
): readonly Ranked<Row>[] {
  const { width = Infinity } = terminal
  const need = columns.map((column, i) => {
    const widest = Math.max(column.title.length, ...rows.map((row) => safe(String(column.cell(row))).length))
    // The last one is cut to what is left.
    return i === columns.length - 1 && !column.right ? Math.min(12, widest) : widest
  })
  const most = Math.max(...columns.map(({ spare }) => spare))
  if (most === 0 || need.reduce((sum, n) => sum + n + 2, -2) <= width) return columns
  const out = columns.findIndex(({ spare }) => spare === most)
  return fitting(rows, columns.toSpliced(out, 1), terminal)
}

/** Gives each part its share of the lines that there are, and says what is left out. */
function share(parts: readonly (readonly string[])[], rows: number, terminal: Terminal): string[] {
  const gaps = parts.length - 1
  let room = rows - gaps
  const wants = parts.map((lines) => lines.length)
  const given = wants.map((want, i) => {
    const others = parts.length - i
    const got = Math.max(
      Math.min(want, Math.floor(room / others)),
      Math.min(want, room - wants.slice(i + 1).reduce((sum, n) => sum + n, 0)),
    )
    room -= got
    return got
  })
  return parts.flatMap((lines, i) => {
    const got = given[i] ?? 0
    const shown =
      lines.length <= got
        ? lines
        : [...lines.slice(0, Math.max(0, got - 1)), terminal.paint('dim', `… ${lines.length - got + 1} more`)]
    return i === 0 ? shown : ['', ...shown]
  })
}

function queueColumns(at: number): readonly Ranked<QueueLook>[] {
  const colours = { paused: 'yellow', 'no worker': 'red', ok: 'green', idle: 'dim' } as const
  const n = (title: string, state: keyof QueueLook['states'], spare: number): Ranked<QueueLook> => ({
    title,
    spare,
    right: true,
    cell: ({ states }) => states[state].toLocaleString('en'),
  })
  const speed = (title: string, way: keyof Rates): Ranked<QueueLook> => ({
    title,
    spare: 2,
    right: true,
    cell: ({ rates }) => (rates === undefined ? '-' : rates[way].toFixed(1)),
  })
  return [
    { title: 'QUEUE', spare: 0, cell: ({ queue }) => clip(queue, 24) },
    { title: 'STATE', spare: 0, cell: ({ health }) => health, paint: ({ health }) => colours[health] },
    n('READY', 'ready', 0),
    n('RUN', 'running', 0),
    n('SCHED', 'scheduled', 4),
    { ...n('DEAD', 'dead', 0), paint: ({ states }) => (states.dead > 0 ? 'red' : undefined) },
    {
      title: 'OLDEST',
      spare: 1,
      right: true,
      cell: ({ oldestReadyAt }) => (oldestReadyAt === undefined ? '-' : showMs(at - oldestReadyAt)),
    },
    speed('IN/S', 'in'),
    speed('OUT/S', 'out'),
    { title: 'WORKERS', spare: 3, right: true, cell: ({ live }) => live },
  ]
}

const workerColumns = (at: number): readonly Ranked<WorkerView>[] => [
  { title: 'WORKER', spare: 0, cell: ({ host, pid }) => clip(`${host}:${pid}`, 28) },
  { title: 'SLOTS', spare: 0, right: true, cell: ({ running, concurrency }) => `${running}/${concurrency}` },
  { title: 'BEAT', spare: 2, right: true, cell: ({ beatAt }) => `${showMs(at - beatAt)} ago` },
  { title: 'QUEUES', spare: 0, cell: ({ queues }) => queues.join(' ') },
]

const runningColumns = ({ at, workers }: Look): readonly Ranked<RunningView>[] => [
  { title: 'RUNNING', spare: 0, cell: ({ task }) => clip(task, 24) },
  { title: 'ID', spare: 2, cell: ({ id }) => id },
  { title: 'FOR', spare: 0, right: true, cell: ({ startedAt }) => showMs(at - startedAt) },
  { title: 'ATTEMPT', spare: 3, right: true, cell: ({ attempt }) => attempt },
  { title: 'ON', spare: 4, cell: ({ worker }) => placeOf(worker, workers) },
  { title: 'PROGRESS', spare: 0, cell: ({ progress }) => showProgress(progress) },
]

function placeOf(id: string, workers: readonly WorkerView[]): string {
  const found = workers.find((worker) => worker.id === id)
  return found ? clip(`${found.host}:${found.pid}`, 28) : '-'
}

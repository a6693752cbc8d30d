import { showMs } from '../job/duration.ts'
import type { Attempt, Instant, Job } from '../job/job.ts'
import { safe, safeLines } from './safe.ts'
import type { WorkerView } from '../store/index.ts'
import { type Column, plural, table } from './table.ts'
import type { Paint, Terminal } from './terminal.ts'
import { ago, iso, showProgress, stateColour } from './view.ts'

export interface Page {
  readonly terminal: Terminal
  readonly now: Instant
  /** Those that are registered, to say where a running attempt runs. */
  readonly workers: readonly WorkerView[]
}

/** Everything about one job, for a person. */
export function jobPage(job: Job, { terminal, now, workers }: Page): string[] {
  const holder = workers.find(({ id }) => id === job.worker)
  const worker = holder ? `${holder.host}:${holder.pid}` : (job.worker ?? '')
  const colour = stateColour(job.state)
  const reason = job.reason ? ` (${safe(job.reason)})` : ''
  const state = colour ? terminal.paint(colour, job.state) : job.state
  return [
    `${terminal.paint('bold', safe(job.id))}  ${safe(job.task)}  ${state}${reason}`,
    ...facts(job, worker, now).map(([name, text]) => `  ${terminal.paint('dim', name.padEnd(9))} ${text}`),
    ...errorLines(job, terminal),
    ...attemptLines([...pastRows(job), ...presentRow(job, worker, now)], terminal),
    ...logLines(job, terminal),
  ]
}

function facts(job: Job, worker: string, now: Instant): (readonly [string, string])[] {
  const when = (at: Instant | undefined) => (at === undefined ? '' : `${iso(at)} (${ago(at, now)})`)
  const tags = job.tags.length > 0 ? ` · tags ${safe(job.tags.join(', '))}` : ''
  const all = [
    ['queue', `${safe(job.queue)} · priority ${job.priority}${tags}`],
    ['created', when(job.createdAt)],
    ['available', job.availableAt === job.createdAt ? '' : when(job.availableAt)],
    ['started', when(job.startedAt)],
    ['finished', when(job.finishedAt)],
    ['expires', when(job.expiresAt)],
    ['counts', countsOf(job)],
    ['suspect', job.suspect ? suspectText(job) : ''],
    ['avoids', safe(job.avoids ?? '')],
    ['worker', safe(worker)],
    ['asked', job.cancelRequested === undefined ? '' : `to stop: ${safe(job.cancelRequested)}`],
    ['payload', long(job.payload)],
    ['output', job.result === undefined ? '' : long(job.result)],
    [
      'progress',
      job.progress
        ? safe([showProgress(job.progress), job.progress.data ?? ''].filter(Boolean).join(' '))
        : '',
    ],
    ['checkpoint', job.checkpoint === undefined ? '' : long(job.checkpoint)],
  ] as const
  return all.filter(([, text]) => text !== '')
}

function countsOf({ attempt, failures, maxAttempts, losses, snoozes, releases }: Job): string {
  const rare = [
    losses && plural(losses, 'loss', 'losses'),
    snoozes && plural(snoozes, 'snooze'),
    releases && plural(releases, 'release'),
  ]
  return [
    plural(attempt, 'attempt'),
    `${failures} of ${plural(maxAttempts, 'failure')}`,
    ...rare.filter(Boolean),
  ].join(' · ')
}

/** It waits for its trial, or stands it. */
const suspectText = ({ losses, state }: Job): string =>
  `crashed ${plural(losses, 'time')} with others; ${state === 'running' ? 'runs alone now' : 'runs alone next'}`

/** A payload may be a megabyte: a person wants its beginning, a program asks for --json. */
const longest = 2_000
const long = (text: string): string =>
  text.length <= longest
    ? safe(text)
    : `${safe(text.slice(0, longest))}… (${text.length} characters; --json shows all)`

function errorLines({ error, state }: Job, terminal: Terminal): string[] {
  if (!error || state === 'completed') return []
  const what = terminal.paint('red', safe(`${error.name}: ${error.message}`))
  const head = `  ${terminal.paint('dim', 'error'.padEnd(9))} ${what}`
  const frames = safeLines(error.stack ?? '').filter((line) => /^\s+at |^caused by: /.test(line))
  return [head, ...frames.slice(0, 12).map((line) => terminal.paint('dim', `            ${line.trim()}`))]
}

interface Row {
  readonly attempt: number
  readonly startedAt: Instant
  readonly tookMs: number
  readonly ended: string
  readonly ranOn: string
  readonly because: string
}

const pastRows = ({ attempts = [] }: Job): Row[] =>
  attempts.map(({ attempt, startedAt, endedAt, outcome, ranOn, error, reason = '' }) => ({
    attempt,
    startedAt,
    tookMs: endedAt - startedAt,
    ended: endings[outcome],
    ranOn,
    because: error ? `${error.name}: ${error.message}` : reason,
  }))

/** The attempt that runs now, which the history does not have yet. */
function presentRow({ state, attempt, startedAt }: Job, ranOn: string, now: Instant): Row[] {
  if (state !== 'running' || startedAt === undefined) return []
  const tookMs = now - startedAt
  return [{ attempt, startedAt, tookMs, ended: 'running', ranOn, because: '' }]
}

function attemptLines(rows: readonly Row[], terminal: Terminal): string[] {
  if (rows.length === 0) return []
  const colours: Readonly<Record<string, Paint>> = { completed: 'green', running: 'cyan' }
  const columns: Column<Row>[] = [
    { title: 'ATTEMPT', cell: ({ attempt }) => attempt, right: true },
    { title: 'STARTED', cell: ({ startedAt }) => iso(startedAt) },
    { title: 'TOOK', cell: ({ tookMs }) => showMs(tookMs), right: true },
    { title: 'ENDED', cell: ({ ended }) => ended, paint: ({ ended }) => colours[ended] },
    { title: 'RAN ON', cell: ({ ranOn }) => ranOn },
    { title: 'BECAUSE', cell: ({ because }) => because },
  ]
  return ['', ...table(rows, columns, terminal)]
}

const endings: Readonly<Record<Attempt['outcome'], string>> = {
  complete: 'completed',
  retry: 'failed, retry',
  snooze: 'snoozed',
  release: 'released',
  bury: 'dead',
  cancel: 'cancelled',
  lapse: 'worker lost',
}

function logLines({ logs = [] }: Job, terminal: Terminal): string[] {
  if (logs.length === 0) return []
  const lines = logs.map(({ at, attempt, level, message, data }) => {
    const said = safe(data === undefined ? message : `${message} ${data}`)
    const text = `${iso(at).slice(11, 23)} #${attempt} ${level.padEnd(5)} ${said}`
    return level === 'error'
      ? terminal.paint('red', text)
      : level === 'warn'
        ? terminal.paint('yellow', text)
        : text
  })
  return ['', terminal.paint('dim', 'LOG'), ...lines]
}

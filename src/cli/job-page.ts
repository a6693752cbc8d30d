import { showMs } from '../job/duration.ts'
import type { Attempt, Instant, Job } from '../job/job.ts'
import { safe, safeLines } from './safe.ts'
import { plural, table } from './table.ts'
import type { Terminal } from './terminal.ts'
import { ago, iso, showProgress, stateColour } from './view.ts'

/** Everything about one job, for a person. */
export function jobPage(job: Job, terminal: Terminal, now: Instant): string[] {
  const colour = stateColour(job.state)
  const reason = job.reason ? ` (${safe(job.reason)})` : ''
  const state = colour ? terminal.paint(colour, job.state) : job.state
  return [
    `${terminal.paint('bold', safe(job.id))}  ${safe(job.task)}  ${state}${reason}`,
    ...facts(job, now).map(([name, text]) => `  ${terminal.paint('dim', name.padEnd(9))} ${text}`),
    ...errorLines(job, terminal),
    ...attemptLines(job, terminal),
    ...logLines(job, terminal),
  ]
}

function facts(job: Job, now: Instant): (readonly [string, string])[] {
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
    ['worker', safe(job.worker ?? '')],
    ['asked', job.cancelRequested === undefined ? '' : `to stop: ${safe(job.cancelRequested)}`],
    ['payload', long(job.payload)],
    ['output', job.result === undefined ? '' : long(job.result)],
    [
      'progress',
      job.progress
        ? safe([showProgress(job.progress), job.progress.data ?? ''].filter(Boolean).join(' '))
        : '',
    ],
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

function attemptLines({ attempts = [] }: Job, terminal: Terminal): string[] {
  if (attempts.length === 0) return []
  const columns = [
    { title: 'ATTEMPT', cell: (a: Attempt) => a.attempt, right: true },
    { title: 'STARTED', cell: (a: Attempt) => iso(a.startedAt) },
    { title: 'TOOK', cell: (a: Attempt) => showMs(a.endedAt - a.startedAt), right: true },
    {
      title: 'ENDED',
      cell: (a: Attempt) => endings[a.outcome],
      paint: (a: Attempt) => (a.outcome === 'complete' ? ('green' as const) : undefined),
    },
    { title: 'RAN ON', cell: (a: Attempt) => a.ranOn },
    {
      title: 'BECAUSE',
      cell: (a: Attempt) => (a.error ? `${a.error.name}: ${a.error.message}` : (a.reason ?? '')),
    },
  ]
  return ['', ...table(attempts, columns, terminal)]
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

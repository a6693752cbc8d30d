import { showMs } from '../job/duration.ts'
import { clip } from '../job/errors.ts'
import { safe, safeJson } from './safe.ts'
import type { Told } from './told.ts'
import type { Paint, Terminal } from './terminal.ts'

/** What a line needs to know besides what it tells. */
export interface Line {
  readonly terminal: Terminal
  readonly now: number
  /** The longest task name so far: the columns after it stand below each other. */
  readonly taskWidth: number
}

type JobTold = Exclude<Told, { event: 'acted' }>

/** The lines that tell a person of one thing: mostly one, more where a handler failed or logged. */
export function linesOf(told: Told, line: Line): string[] {
  const { terminal } = line
  const dim = (text: string) => terminal.paint('dim', text)
  const clock = dim(timeOf(told.at))
  if (told.event === 'acted') {
    const reason = told.reason === undefined ? '' : `: ${told.reason}`
    const text = safe(`${told.verb} ${told.target}${told.by === '' ? '' : ` by ${told.by}`}${reason}`)
    return [cut(`${clock}  ${dim('·')} `, dim, text, terminal)]
  }
  const [mark, colour] = marks[told.event]
  const name = safe(told.task).padEnd(Math.min(line.taskWidth, 24))
  const took = 'tookMs' in told ? tookOf(told.tookMs) : ''
  const head = `${clock}  ${terminal.paint(colour, mark)} ${name}  ${dim(endOf(told.id))}  ${took.padStart(7)}  `
  const plain = 8 + 2 + 1 + 1 + name.length + 2 + 8 + 2 + Math.max(7, took.length) + 2
  const paint = colour === 'dim' ? dim : (text: string) => text
  return [
    `${head}${paint(fit(textOf(told, line.now), plain, terminal))}`.trimEnd(),
    ...logsOf(told).map((text) => `${indent}${dim(fit(text, 12, terminal))}`),
    ...errorLines(told, terminal).map((text) => `${indent}${text}`),
  ]
}

function cut(head: string, paint: (text: string) => string, text: string, terminal: Terminal): string {
  return `${head} ${paint(fit(text, 13, terminal))}`
}

/** Cut to what is left of a terminal's line; whole in a pipe. */
const fit = (text: string, taken: number, { width }: Terminal): string =>
  width === undefined ? text : clip(text, Math.max(16, width - taken))

const marks: Readonly<Record<JobTold['event'], readonly [mark: string, colour: Paint]>> = {
  enqueued: ['+', 'dim'],
  started: ['▸', 'cyan'],
  completed: ['✔', 'green'],
  failed: ['↻', 'yellow'],
  snoozed: ['z', 'dim'],
  released: ['↩', 'dim'],
  dead: ['✖', 'red'],
  cancelled: ['■', 'yellow'],
  lost: ['!', 'yellow'],
  closed: ['✖', 'yellow'],
}

function textOf(told: JobTold, now: number): string {
  switch (told.event) {
    case 'enqueued':
      return told.state === 'scheduled' ? 'enqueued for later' : 'enqueued'
    case 'started':
      return told.attempt > 1 ? `running, attempt ${told.attempt}` : 'running'
    case 'completed':
      return told.output === undefined ? '' : safe(safeJson(told.output))
    case 'failed':
      return `attempt ${told.attempt} failed${again(told.againAt, now)}`
    case 'snoozed':
      return 'snoozed by its handler'
    case 'released':
      return 'given back'
    case 'dead':
      return `dead after attempt ${told.attempt}${told.reason === undefined ? '' : ` (${safe(told.reason)})`}`
    case 'closed':
      return closedText(told)
    case 'cancelled':
      return `cancelled${told.reason === undefined ? '' : `: ${safe(told.reason)}`}`
    default:
      return `lost with its worker${told.error ? `: ${safe(told.error.message)}` : ''}`
  }
}

function closedText({ how, by, reason }: Extract<JobTold, { event: 'closed' }>): string {
  if (how === 'expired') return 'expired before it ran: dead'
  const who = by === undefined ? '' : ` by ${safe(by)}`
  return `${how} before it ran${who}${reason === undefined ? '' : `: ${safe(reason)}`}`
}

const again = (at: number | undefined, now: number): string =>
  at === undefined ? '' : at > now ? `, again in ${showMs(at - now)}` : ', again now'

const indent = ' '.repeat(12)

/** What the handler logged. */
function logsOf(told: JobTold): string[] {
  if (!('logs' in told)) return []
  const logs = (told.logs ?? []).slice(0, shownLogs).map(({ level, message }) => safe(`${level} ${message}`))
  const rest = (told.logs?.length ?? 0) - logs.length
  return [...logs, ...(rest > 0 ? [`… and ${rest} more lines: legwork jobs show ${safe(told.id)}`] : [])]
}

const shownLogs = 5

/** The error's first line, then where it came from: the place is the last to be cut away. */
function errorLines(told: JobTold, terminal: Terminal): string[] {
  if (!('error' in told) || told.error === undefined || told.event === 'lost') return []
  const { name, message, where } = told.error
  const [first = ''] = message.split('\n')
  const text = safe(name === '' ? first : `${name}: ${first}`)
  const place = where === undefined ? '' : `  ${safe(where)}`
  const room = terminal.width === undefined ? Infinity : Math.max(16, terminal.width - 12 - place.length)
  return [`${clip(text, room)}${terminal.paint('cyan', place)}`]
}

/** The end of an id, by which a person knows it again; of a schedule's slot the time of day. */
export const endOf = (id: string): string =>
  safe(id.replace(/\.\d+Z$/, ''))
    .slice(-8)
    .padEnd(8)

/** `840ms`, `2.5s`, `3m20s`. */
export const tookOf = (ms: number): string =>
  ms >= 1_000 && ms < 59_950 ? `${(ms / 1_000).toFixed(1)}s` : showMs(ms)

function timeOf(at: number): string {
  const date = new Date(at)
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((n) => String(n).padStart(2, '0'))
    .join(':')
}

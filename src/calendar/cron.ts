import { Cron } from 'croner'
import { InvalidOption } from '../job/errors.ts'

/** A cron expression, read. Its times are those of a wall clock, written as if that clock showed UTC. */
export interface WallClockTimes {
  /**
   * True where every hour is allowed. Such a schedule follows elapsed time when clocks change: what a gap leaves out
   * does not run, what is repeated runs again.
   */
  readonly isHourly: boolean
  /** The first time after `wall`; `undefined` when there is none. */
  next(wall: number): number | undefined
}

const nicknames: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

const kept = 1_000
const known = new Map<string, WallClockTimes>()

/**
 * Reads five fields, or six with the seconds first, or a nickname such as `@daily`. Day of month and day of week:
 * where both are given, either will do. @throws {InvalidOption} LW1221 that names the field.
 */
export function parseCron(expression: string, option: string): WallClockTimes {
  const seen = known.get(expression)
  if (seen) return seen
  const fields = fieldsOf(expression, option)
  const cron = read(fields.join(' '), expression, option)
  const hour = fields.at(-4) as string
  const times: WallClockTimes = {
    isHourly: ['*', '?', '*/1', '0-23'].includes(hour),
    // The library counts in whole seconds, and would take the one that has begun for passed.
    next: (wall) => cron.nextRun(new Date(Math.floor(wall / 1_000) * 1_000))?.getTime(),
  }
  if (known.size >= kept) known.clear()
  known.set(expression, times)
  return times
}

const names = ['second', 'minute', 'hour', 'day of month', 'month', 'day of week'] as const

function fieldsOf(expression: unknown, option: string): readonly string[] {
  const text = typeof expression === 'string' ? expression.trim() : ''
  const fields = (nicknames[text.toLowerCase()] ?? text).split(/\s+/)
  if (text.startsWith('@') && fields.length === 1)
    throw refuse(option, expression, `one of ${Object.keys(nicknames).join(', ')}`)
  if (fields.length === 5 || fields.length === 6) return fields
  throw refuse(
    option,
    expression,
    "five fields such as '30 2 * * *' (minute, hour, day of month, month, day of week), six with the seconds first, or a nickname such as @daily",
  )
}

/** The library's parser; its complaint is told with the name of the field that it is about. */
function read(text: string, expression: string, option: string): Cron {
  const parse = (pattern: string): Cron =>
    new Cron(pattern, { utcOffset: 0, mode: '5-or-6-parts', paused: true })
  try {
    return parse(text)
  } catch (error) {
    throw refuse(option, expression, `${blame(text, parse) ?? explain(error)}`)
  }
}

/** The field that is refused also when all others are stars. */
function blame(text: string, parse: (pattern: string) => Cron): string | undefined {
  const fields = text.split(' ')
  const first = names.length - fields.length
  for (const [i, field] of fields.entries()) {
    try {
      parse(fields.map((_, k) => (k === i ? field : '*')).join(' '))
    } catch (error) {
      const name = names[first + i] as (typeof names)[number]
      return `a valid ${name} field where it has "${field}": ${ranges[name]} (${explain(error)})`
    }
  }
  return undefined
}

const ranges: Readonly<Record<(typeof names)[number], string>> = {
  second: '0-59, with * , - and /',
  minute: '0-59, with * , - and /',
  hour: '0-23, with * , - and /',
  'day of month': '1-31, with * , - /, L for the last day, 15W for the working day nearest to the 15th',
  month: '1-12 or JAN-DEC, with * , - and /',
  'day of week':
    '0-7 or SUN-SAT (0 and 7 are Sunday), with * , - /, 5#2 for the second and 5#L for the last Friday',
}

const explain = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .replace(/^CronPattern: (Syntax error, )?/, '')
    .replace(/\.$/, '')

const refuse = (option: string, value: unknown, expected: string): InvalidOption =>
  new InvalidOption(option, value, expected, 'LW1221')

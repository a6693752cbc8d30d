import { parseCron } from '../calendar/cron.ts'
import { checkFires, nextSlot } from '../calendar/slots.ts'
import { checkZone } from '../calendar/zone.ts'
import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption, nearest } from '../job/errors.ts'
import type { Instant } from '../job/job.ts'
import { checkCount, checkKnown, checkName } from '../job/name.ts'
import { type Overlap, overlaps, type Plan, type SlotFacts, type When } from '../job/schedule.ts'
import { type AnyTask, isTask, notATask, type Priority, type Task } from './task.ts'

/** Which slot a job is for, as handlers and input functions see it. */
export interface Slot {
  readonly name: string
  /** The slot itself; the job may start later. */
  readonly at: Date
  /** From the slot before, up to but not including this one: what a report of this slot covers. */
  readonly interval: readonly [from: Date, to: Date]
  /** Run by a backfill. */
  readonly isBackfill: boolean
  /** Asked for by `trigger`; its instant is no slot of the calendar. */
  readonly isManual: boolean
}

/** When: `cron` with its zone, or `every`. */
export interface Timing {
  /** Five fields, six with the seconds first, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. Takes `L`, `15W`, `5#2`, `5#L`, `+1`. */
  readonly cron?: string
  /** An IANA time zone of the cron expression. Default `UTC`. */
  readonly tz?: string
  /** What clocks leave out runs at the first instant after it (`next`, the default) or not; what they show twice runs the `first` time (the default) or `both`. A cron of every hour follows elapsed time instead. */
  readonly dst?: { readonly gap?: 'next' | 'skip'; readonly repeat?: 'first' | 'both' }
  /** Elapsed time between slots, from `start` or from 1970 on: `'15m'` is on the quarter hours. At least 1 s. */
  readonly every?: Duration
  /** No slot before it. */
  readonly start?: Date
  /** No slot after it. */
  readonly end?: Date
}

export interface ScheduleOptions<In = unknown> extends Timing {
  readonly task: Task<string, In, unknown, unknown, unknown>
  /** The input of each job, or in code a function of the slot. */
  readonly input?: NoInfer<In> | ((slot: Slot) => NoInfer<In> | Promise<NoInfer<In>>)
  /** While an earlier run has no final state: `skip` (default), `bufferOne`, `bufferAll` (1,000 at most), `cancelOther`, `allow`. */
  readonly overlap?: Overlap
  /** Slots that nobody was there for: run the `last` one (default), `all` or `none` of those within 1 h, or `within`. */
  readonly missed?: { readonly run?: 'last' | 'all' | 'none'; readonly within?: Duration }
  /** Starts each job up to so much later, the same for a slot wherever it is decided. Default none. */
  readonly jitter?: Duration
  /** Ends after so many jobs. */
  readonly limit?: number
  /** Of its jobs. Default: the task's. */
  readonly priority?: Priority
  readonly tags?: readonly string[]
  readonly ttl?: Duration
  readonly deadline?: Duration
}

/** A schedule without its job, every default filled in. */
export type Frame = Omit<Plan, 'job'>

/** What `app.schedule` was told: checked, its job not made yet. */
export interface Declared {
  readonly name: string
  readonly task: AnyTask
  readonly frame: Frame
  readonly input: unknown
  /** As they were given, for an app that takes them over. */
  readonly options: ScheduleOptions
  /** As `enqueue` takes them. */
  readonly jobOptions: Pick<ScheduleOptions, 'priority' | 'tags' | 'ttl' | 'deadline'>
}

const timings = ['cron', 'tz', 'dst', 'every', 'start', 'end']
const jobKeys = ['priority', 'tags', 'ttl', 'deadline'] as const
const known = ['task', 'input', ...timings, 'overlap', 'missed', 'jitter', 'limit', ...jobKeys]

/** Room for the id of a slot's job, which holds the name and an instant. */
const nameMax = 100

/**
 * Checks a schedule and fills in its defaults. @throws {InvalidOption} LW1201, LW1221 for the expression, LW1222 for the
 * zone, LW1223 when it never fires. @throws {UnknownThing} LW1101 for a task that is none.
 */
export function declare(name: string, options: ScheduleOptions, now: Instant): Declared {
  checkScheduleName(name)
  const at = (option: string) => `schedule ${name}: ${option}`
  checkKnown(options, known, at('option'))
  if (!isTask(options.task)) throw notATask(`schedule ${name}`, options.task)
  const jobOptions = Object.fromEntries(
    jobKeys.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]),
  )
  const frame = toFrame(options, at)
  checkComes(frame, at, now)
  return { name, task: options.task as AnyTask, frame, input: options.input, options, jobOptions }
}

export function checkScheduleName(name: unknown): string {
  if (checkName(name, 'schedule name').length <= nameMax) return name as string
  throw new InvalidOption('schedule name', name, `a name of at most ${nameMax} characters`)
}

type At = (option: string) => string

function toFrame(options: ScheduleOptions, at: At): Frame {
  const { missed = {}, overlap = 'skip', jitter, limit } = options
  const { startAt, endAt } = boundsOf(options, at)
  checkKnown(missed, ['run', 'within'], at('missed option'))
  return {
    when: toWhen(options, at, startAt),
    overlap: oneOf(overlap, overlaps, at('overlap')),
    missed: {
      run: oneOf(missed.run ?? 'last', ['last', 'all', 'none'] as const, at('missed.run')),
      withinMs: toMs(missed.within ?? '1h', at('missed.within')),
    },
    jitterMs: toMs(jitter ?? 0, at('jitter')),
    ...(startAt !== undefined && { startAt }),
    ...(endAt !== undefined && { endAt }),
    ...(limit !== undefined && { limit: checkCount(limit, at('limit'), 1, 1_000_000_000) }),
  }
}

/** What a timing means, for schedules and for `next`. */
export function toWhen(timing: Timing, at: At, startAt?: Instant): When {
  const { cron, every, tz, dst } = timing
  if ((cron === undefined) === (every === undefined))
    throw new InvalidOption(at('cron'), cron, "either cron, such as '30 2 * * *', or every, such as '15m'")
  if (every !== undefined) {
    for (const [option, value] of Object.entries({ tz, dst }))
      if (value !== undefined)
        throw new InvalidOption(at(option), value, 'nothing beside every, which follows elapsed time')
    return { everyMs: toMs(every, at('every'), 1_000), anchorAt: startAt ?? 0 }
  }
  checkKnown(dst ?? {}, ['gap', 'repeat'], at('dst option'))
  // Kept as it was written; read once, to be refused now rather than at its first slot.
  parseCron(cron as string, at('cron'))
  return {
    cron: (cron as string).trim(),
    tz: checkZone(tz ?? 'UTC', at('tz')),
    gap: oneOf(dst?.gap ?? 'next', ['next', 'skip'] as const, at('dst.gap')),
    repeat: oneOf(dst?.repeat ?? 'first', ['first', 'both'] as const, at('dst.repeat')),
  }
}

export function boundsOf({ start, end }: Timing, at: At): { startAt?: Instant; endAt?: Instant } {
  const startAt = start === undefined ? undefined : toInstant(start, at('start'))
  const endAt = end === undefined ? undefined : toInstant(end, at('end'))
  return { ...(startAt !== undefined && { startAt }), ...(endAt !== undefined && { endAt }) }
}

export function toInstant(value: unknown, option: string): Instant {
  const at = value instanceof Date ? value.getTime() : Number.NaN
  if (Number.isNaN(at)) throw new InvalidOption(option, value, 'a valid Date', 'LW1202')
  return at
}

/** A schedule of code whose end has passed is over and no mistake: the code is older than its end. */
function checkComes({ when, startAt, endAt }: Frame, at: At, now: Instant): void {
  const option = at('cron' in when ? 'cron' : 'every')
  const from = Math.max(now, (startAt ?? now) - 1)
  checkFires(when, { option, from })
  if (endAt === undefined || (endAt <= now && endAt > (startAt ?? -Infinity))) return
  if ((nextSlot(when, from) ?? Infinity) > endAt)
    throw new InvalidOption(at('end'), new Date(endAt), 'an instant after its first slot', 'LW1223')
}

function oneOf<W extends string>(value: unknown, words: readonly W[], option: string): W {
  const found = words.find((word) => word === value)
  if (found) return found
  const near = typeof value === 'string' ? nearest(value, words) : undefined
  throw new InvalidOption(option, value, `${words.join(', ')}${near ? ` (did you mean ${near}?)` : ''}`)
}

/** A slot as people meet it. */
export const toSlot = ({ name, at, from, isBackfill, isManual }: SlotFacts): Slot => ({
  name,
  at: new Date(at),
  interval: [new Date(from), new Date(at)],
  isBackfill,
  isManual,
})

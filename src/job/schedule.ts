import { InvalidOption } from './errors.ts'
import type { Enqueued, Instant, NewJob } from './job.ts'
import { checkKey } from './name.ts'

/** When a schedule is due: a calendar in a time zone, or elapsed time from an anchor on. */
export type When =
  | {
      readonly cron: string
      /** A zone of the IANA database. */
      readonly tz: string
      /** A time that clocks leave out: the first instant after the gap, or none. */
      readonly gap: 'next' | 'skip'
      /** A time that clocks show twice: the first one, or both. */
      readonly repeat: 'first' | 'both'
    }
  | { readonly everyMs: number; readonly anchorAt: Instant }

/** What happens to a slot while an earlier run of its schedule has no final state; a run that will be retried has none. */
export type Overlap = (typeof overlaps)[number]
export const overlaps = ['skip', 'bufferOne', 'bufferAll', 'cancelOther', 'allow'] as const

/** How many runs a schedule may have at once, and how many more may wait. */
export interface Room {
  /** `null`: any number. */
  readonly max: number | null
  readonly buffer: number
  /** Asks earlier runs to cancel, and lets the newest wait for them. */
  readonly cancel: boolean
}

const bufferMax = 1_000

export const roomOf: Readonly<Record<Overlap, Room>> = {
  skip: { max: 1, buffer: 0, cancel: false },
  bufferOne: { max: 1, buffer: 1, cancel: false },
  bufferAll: { max: 1, buffer: bufferMax, cancel: false },
  cancelOther: { max: 1, buffer: 1, cancel: true },
  allow: { max: null, buffer: 0, cancel: false },
}

/** A job of a schedule without what its slot decides; without a payload where a function makes it. */
export type JobTemplate = Omit<NewJob, 'id' | 'runAt' | 'delayMs' | 'payload'> & { readonly payload?: string }

/** What somebody said of a schedule, with every default filled in. */
export interface Plan {
  readonly when: When
  readonly job: JobTemplate
  readonly overlap: Overlap
  /** Slots that nobody was there for: which of them run late, and how late at most. */
  readonly missed: { readonly run: 'last' | 'all' | 'none'; readonly withinMs: number }
  readonly jitterMs: number
  readonly startAt?: Instant
  /** No slot after it. */
  readonly endAt?: Instant
  /** Ends after so many jobs. */
  readonly limit?: number
}

/** Who said it: code, which says it again at every start, or a call at run time. */
export type Source =
  | { readonly kind: 'code'; readonly digest: string; readonly deployedAt?: Instant }
  | { readonly kind: 'api' }

/** Slots of the past that are run by order; the cursor of its record says how far it is. */
export interface BackfillFacts {
  readonly of: string
  readonly from: Instant
  readonly to: Instant
  readonly concurrency: number
  /** Slots whose job is known: leave them alone, run again what did not complete, or all. */
  readonly reprocess: 'none' | 'failed' | 'all'
  readonly doneAt?: Instant
}

/** Why a schedule cannot fire at present. */
export interface Problem {
  readonly code: string
  readonly message: string
  readonly at: Instant
}

export interface ScheduleBody {
  readonly plan: Plan
  readonly source: Source
  readonly createdAt: Instant
  readonly paused?: { readonly reason: string; readonly by: string; readonly at: Instant }
  readonly problem?: Problem
  /** Its code no longer declares it. Kept a while, so that a release that comes back goes on where it was. */
  readonly retiredAt?: Instant
  readonly backfill?: BackfillFacts
}

/** A schedule as the store keeps it. */
export interface Schedule extends ScheduleBody {
  readonly name: string
  /** Rises with every change, also of the cursor. */
  readonly revision: number
  /** No slot up to here is looked at again. */
  readonly cursorAt: Instant
  /** The next slot; absent while it is paused, retired or over. */
  readonly nextAt?: Instant
  /** Jobs made so far. */
  readonly fired: number
  /** Its jobs that have no final state and do not wait for each other. */
  readonly running: number
  /** Its jobs that wait for an earlier one. */
  readonly waiting: number
}

/** Which slot a job is for. */
export interface SlotFacts {
  readonly name: string
  readonly at: Instant
  /** The slot before it: the job's interval is `[from, at)`. */
  readonly from: Instant
  readonly isBackfill: boolean
  /** Somebody asked for it, now. */
  readonly isManual: boolean
}

/**
 * Why a slot has no job: `paused` · `overlap` an earlier run was not over · `bufferFull` too many waited · `missed`
 * nobody was there, and the policy did not want it late · `window` nobody was there for longer than the policy
 * allows · `limit` the schedule had its number of jobs · `ended` its end has passed · `invalid` its job could not be made
 * · `twin` another job holds its unique key · `full` its queue takes no more now.
 */
export type SkipReason =
  | 'paused'
  | 'overlap'
  | 'bufferFull'
  | 'missed'
  | 'window'
  | 'limit'
  | 'ended'
  | 'invalid'
  | 'twin'
  | 'full'

/** Why a slot has no job although it was handed in. */
export const skippedFor = (answer: Enqueued | undefined): SkipReason =>
  answer?.outcome === 'refused' && answer.refusal.because !== 'twin' ? 'full' : 'twin'

/** What became of a slot, or of several in a row with the same fate. */
export interface SlotRecord {
  readonly at: Instant
  /** The last of several. */
  readonly until?: Instant
  readonly count: number
  /** `held`: its job waits for an earlier one. `known`: it had its job already. */
  readonly outcome: 'fired' | 'held' | 'known' | 'skipped'
  readonly reason?: SkipReason
  readonly note?: string
  readonly job?: string
  readonly decidedAt: Instant
}
export type Skip = Pick<SlotRecord, 'at' | 'until' | 'count' | 'note'> & { readonly reason: SkipReason }

/** What is to be done with the slots that are due. */
export interface Decision {
  readonly cursorAt: Instant
  readonly fire: readonly Instant[]
  readonly skipped: readonly Skip[]
}

export interface DueSlots {
  readonly now: Instant
  /** In order, all after the cursor. */
  readonly slots: readonly Instant[]
  /** More are due than these. */
  readonly more: boolean
}

/** Slots that are no later than this are late, not missed: a pause of the machine is no outage. */
export const lateMs = 3_000
/** Slots of one schedule that are decided at once. */
export const slotsMax = 1_000

/** Decides what becomes of slots that are due. The only place that knows what a missed slot means. */
export function decideSlots(
  { plan, fired, cursorAt }: Pick<Schedule, 'plan' | 'fired' | 'cursorAt'>,
  { now, slots, more }: DueSlots,
): Decision {
  const { run, withinMs } = plan.missed
  const inWindow = slots.filter((at) => at >= now - withinMs)
  const wanted = inWindow.filter((at, i) => {
    // What is a moment late for all of them is not an outage.
    if ((slots[0] as Instant) >= now - lateMs || run === 'all') return true
    return run === 'none' ? at >= now - lateMs : !more && i === inWindow.length - 1
  })
  const left = plan.limit === undefined ? Infinity : Math.max(0, plan.limit - fired)
  const fire = wanted.slice(0, left)
  const reasonOf = (at: Instant): SkipReason => {
    if (at < now - withinMs) return 'window'
    return wanted.includes(at) ? 'limit' : 'missed'
  }
  const skipped = slots.filter((at) => !fire.includes(at)).map((at) => ({ at, reason: reasonOf(at) }))
  return { cursorAt: slots.at(-1) ?? cursorAt, fire, skipped: inRows(skipped) }
}

/** Skips of one reason that follow each other, as one. */
export function inRows(skips: readonly { readonly at: Instant; readonly reason: SkipReason }[]): Skip[] {
  const rows: Skip[] = []
  for (const { at, reason } of skips) {
    const last = rows.at(-1)
    if (last?.reason === reason) rows[rows.length - 1] = { ...last, until: at, count: last.count + 1 }
    else rows.push({ at, reason, count: 1 })
  }
  return rows
}

/** How long after its slot a job may start: the same on every machine, different for each slot. */
export function jitterOf(name: string, at: Instant, jitterMs: number): number {
  return jitterMs > 0 ? hash(`${name} ${at}`) % jitterMs : 0
}

/** Every id of a slot's job begins so, and no other one does. */
const prefix = 'schedule:'

/** The id of a slot's job: the same whoever makes it, so that a slot never has two. */
export const slotId = (name: string, at: Instant, suffix = ''): string =>
  `${prefix}${name}@${new Date(at).toISOString()}${suffix}`

/** What the id of a slot's job says. */
export const slotName = (id: string): Pick<SlotFacts, 'name' | 'isManual'> => ({
  name: id.slice(prefix.length, id.lastIndexOf('@')),
  isManual: id.includes('!'),
})

export const isSlotId = (id: string): boolean => id.startsWith(prefix)

/** An id of the caller's own. @throws {InvalidOption} LW1201 */
export function checkOwnId(id: unknown): string {
  if (isSlotId(checkKey(id, 'id')))
    throw new InvalidOption(
      'id',
      id,
      `an id that does not begin with ${prefix}, which names slots of schedules`,
    )
  return id as string
}

/** Names a backfill of a schedule. No schedule of a person has such a name. */
export const backfillName = (of: string, id: string): string => `${of}~${id}`

/** Equal for texts that are equal; for others as good as never. */
export const digestOf = (text: string): string =>
  `${hash(text).toString(36)}${hash(`${text} `, 0x9e3779b9).toString(36)}`

function hash(text: string, seed = 0x811c9dc5): number {
  let value = seed
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0
  // The last characters have moved only the low bits; all must move.
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b) >>> 0
  return (value ^ (value >>> 13)) >>> 0
}

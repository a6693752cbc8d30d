import { nextSlot, slotBefore, slotsAfter } from '../calendar/slots.ts'
import type { Instant, NewJob } from '../job/job.ts'
import {
  decideSlots,
  jitterOf,
  roomOf,
  type Schedule,
  type Skip,
  slotId,
  slotsMax,
  type SlotFacts,
} from '../job/schedule.ts'
import type { Firing } from '../store/index.ts'

/**
 * Makes the job of a slot, but for its time. May reject: the input function is a user's. The id is given, for a payload
 * may be sealed to it.
 */
export type MakeJob = (schedule: Schedule, facts: SlotFacts, id: string) => Promise<NewJob>

/** What is to be written for the slots that are due by `now`. */
export async function firingOf(schedule: Schedule, now: Instant, makeJob: MakeJob): Promise<Firing> {
  const due = dueSlots(schedule, now)
  const decision = decideSlots(schedule, due)
  const cursorAt = Math.max(decision.cursorAt, due.jumpedTo ?? -Infinity)
  const first = decision.fire[0]
  const made = await makeAll(schedule, decision.fire, {
    makeJob,
    before: first === undefined ? 0 : slotBefore(schedule.plan.when, first),
  })
  // What the store makes of these slots is counted when it is known: one that gets no job uses nothing of the limit.
  const next = nextOf(schedule, cursorAt)
  const isOver = typeof next === 'object' && !decision.skipped.some(({ reason }) => reason === next.reason)
  return {
    name: schedule.name,
    revision: schedule.revision,
    cursor: {
      to: cursorAt,
      ...(typeof next === 'number' && { nextAt: next }),
    },
    slots: made.slots,
    skipped: [...due.jumped, ...decision.skipped, ...made.skipped, ...(isOver ? [next] : [])],
    room: roomOf[schedule.plan.overlap],
  }
}

/** The next slot; or what to note of a schedule that is over. */
export function nextOf(
  { plan, fired }: Pick<Schedule, 'plan' | 'fired'>,
  cursorAt: Instant,
): Instant | Skip | undefined {
  const next = nextSlot(plan.when, cursorAt)
  if (next === undefined) return undefined
  if (plan.endAt !== undefined && next > plan.endAt) return { at: next, count: 1, reason: 'ended' }
  if (plan.limit !== undefined && fired >= plan.limit) return { at: next, count: 1, reason: 'limit' }
  return next
}

interface Due {
  readonly now: Instant
  readonly slots: readonly Instant[]
  readonly more: boolean
  /** After an outage of more slots than anybody would read of: where the cursor goes, and what is noted. */
  readonly jumpedTo?: Instant
  readonly jumped: readonly Skip[]
}

function dueSlots({ plan, cursorAt }: Schedule, now: Instant): Due {
  const until = Math.min(now, plan.endAt ?? Infinity)
  const windowAt = now - plan.missed.withinMs
  const early = slotsAfter(plan.when, cursorAt, { until: Math.min(until, windowAt - 1), limit: slotsMax })
  if (early.length < slotsMax) {
    const rest = slotsAfter(plan.when, early.at(-1) ?? cursorAt, { until, limit: slotsMax })
    return { now, slots: [...early, ...rest], more: rest.length === slotsMax, jumped: [] }
  }
  const note = `at least ${slotsMax} slots`
  const skip = { at: early[0] as Instant, until: windowAt - 1, count: slotsMax, note }
  return { now, slots: [], more: false, jumpedTo: windowAt - 1, jumped: [{ ...skip, reason: 'window' }] }
}

interface Making {
  readonly makeJob: MakeJob
  /** The slot before the first. */
  readonly before: Instant
  /** Added to the id of a slot that has a job already. */
  suffixOf?(at: Instant): string
}

/** The jobs of slots; a slot whose job cannot be made is skipped, and says why. */
export async function makeAll(
  schedule: Schedule,
  instants: readonly Instant[],
  { makeJob, before, suffixOf }: Making,
): Promise<Pick<Firing, 'slots' | 'skipped'>> {
  const name = schedule.backfill?.of ?? schedule.name
  const slots: Firing['slots'][number][] = []
  const skipped: Skip[] = []
  let from = before
  for (const at of instants) {
    const facts = { name, at, from, isBackfill: schedule.backfill !== undefined, isManual: false }
    from = at
    try {
      const job = await makeJob(schedule, facts, slotId(name, at, suffixOf?.(at)))
      slots.push({ facts, job: delayed(job, name, { at, jitterMs: schedule.plan.jitterMs }) })
    } catch (error) {
      const note = error instanceof Error ? error.message : String(error)
      skipped.push({ at, count: 1, reason: 'invalid', note: note.slice(0, 500) })
    }
  }
  return { slots, skipped }
}

function delayed(job: NewJob, name: string, { at, jitterMs }: { at: Instant; jitterMs: number }): NewJob {
  return jitterMs > 0 ? { ...job, runAt: at + jitterOf(name, at, jitterMs) } : job
}

import type { ClaimedJob, NewJob } from '../../job/job.ts'
import { isSlotId, type Room, skippedFor, type SlotFacts, slotName } from '../../job/schedule.ts'
import type { SlotOutcome } from '../../store/index.ts'
import { act } from './act.ts'
import { answersOf, bind } from './crossing/jobs.ts'
import type { Tally } from './engine.ts'
import { type Engine, newTally } from './engine.ts'
import { enqueue } from './enqueue.ts'
import { sortKey } from './place.ts'
import { codeOf } from './row.ts'

/** How the job of a slot stands; the numbers of the schema. */
const standing = { held: 0, admitted: 1, over: 2 } as const

interface One {
  readonly facts: SlotFacts
  readonly job: NewJob
  readonly room: Room
}

/** Makes the job of a slot, lets it wait for earlier ones, or says why there is none. */
export function fireOne(e: Engine, scheduleId: number, { facts, job, room }: One): SlotOutcome {
  const { id } = job
  if (e.statement('jobToAct').get(id)) return { id, outcome: 'known' }
  if (!room.cancel && placeIn(e, scheduleId, room) === 'none')
    return { id, outcome: 'skipped', reason: room.buffer > 0 ? 'bufferFull' : 'overlap' }
  const [answer] = answersOf(enqueue(e, bind([job])), [job])
  if (answer?.outcome !== 'created') return { id, outcome: 'skipped', reason: skippedFor(answer) }
  // Not before: a slot that gets no job takes nobody's place.
  if (room.cancel) cancelEarlier(e, scheduleId, facts)
  const isFull = placeIn(e, scheduleId, room) !== 'free'
  const ticket = e.statement('jobToAct').get(id) as TicketRow
  const stands = isFull ? standing.held : standing.admitted
  e.statement('slotAdd').run(ticket.seq, scheduleId, facts.at, facts.from, facts.isBackfill ? 1 : 0, stands)
  if (isFull) {
    hold(e, ticket)
    e.statement('scheduleMax').run(scheduleId, room.max)
  }
  return { id, outcome: isFull ? 'held' : 'fired' }
}

interface TicketRow {
  readonly seq: number
  readonly state: number
  readonly queue_id: number
  readonly priority: number
  readonly available_at_ms: number
}

/** `buffer`: the job must wait; `none`: no more may. */
function placeIn(e: Engine, scheduleId: number, { max, buffer }: Room): 'free' | 'buffer' | 'none' {
  if (max === null) return 'free'
  const { live, held } = e.statement('slotCount').get(scheduleId) as { live: number; held: number }
  if (held === 0 && live < max) return 'free'
  return held >= buffer ? 'none' : 'buffer'
}

function cancelEarlier(e: Engine, scheduleId: number, { at }: SlotFacts): void {
  const reason = `overlap: the slot of ${new Date(at).toISOString()} takes its place`
  cancelLive(e, scheduleId, { reason, onlyHeld: false })
}

function hold(e: Engine, { seq, state, queue_id, priority, available_at_ms: at }: TicketRow): void {
  e.statement('slotTicket').run(seq, codeOf.blocked, at, sortKey(at, priority))
  const tally = newTally(e)
  tally.add(queue_id, state, -1)
  tally.add(queue_id, codeOf.blocked, 1)
  tally.write()
}

/** Those that wait go first, so that none of them takes the place of one that ends. */
export function cancelLive(
  e: Engine,
  scheduleId: number,
  { reason, onlyHeld }: { readonly reason: string; readonly onlyHeld: boolean },
): void {
  const rows = e.statement('slotLive').all(scheduleId) as { id: string; standing: number }[]
  const ids = rows.filter((row) => !onlyHeld || row.standing === standing.held).map(({ id }) => id)
  if (ids.length > 0) act(e, { verb: 'cancel', ids, by: 'schedule', reason })
}

/** The job of a slot has ended: its schedule is added to those that `admit` looks at. */
export function slotOver(e: Engine, seq: number, schedules: Set<number>): void {
  const row = e.statement('slotStand').get(seq, standing.over) as { schedule_id: number } | undefined
  if (row) schedules.add(row.schedule_id)
}

/** A person brought the job of a slot back: it counts as running, and waits for nothing. */
export function slotRevived(e: Engine, { id, seq }: { readonly id: string; readonly seq: number }): void {
  if (isSlotId(id)) e.statement('slotStand').get(seq, standing.admitted)
}

/** Lets jobs of a schedule go that waited for one that is over, in the order of their slots. */
export function admit(e: Engine, scheduleId: number, { now, tally }: { now: number; tally: Tally }): void {
  const row = e.statement('slotMax').get(scheduleId) as
    | { max_running: number | null; admitted: number }
    | undefined
  if (!row) return
  const free = row.max_running === null ? Number.MAX_SAFE_INTEGER : row.max_running - row.admitted
  if (free <= 0) return
  for (const held of e.statement('slotHeld').all(scheduleId, free, now) as TicketRow[]) {
    const at = Math.max(held.available_at_ms, now)
    const to = at > now ? codeOf.scheduled : codeOf.ready
    e.statement('slotStand').get(held.seq, standing.admitted)
    e.statement('slotTicket').run(held.seq, to, at, sortKey(at, held.priority))
    tally.add(held.queue_id, codeOf.blocked, -1)
    tally.add(held.queue_id, to, 1)
  }
}

interface SlotRow {
  readonly at_ms: number
  readonly from_ms: number
  readonly is_backfill: number
  readonly held_by: string | null
}

/** The slot that a job is for; looked up only for ids that say that there is one. */
export function slotOf(e: Engine, id: string): (SlotFacts & { readonly heldBy?: string }) | undefined {
  const row = isSlotId(id) ? (e.statement('slotOf').get(id) as SlotRow | undefined) : undefined
  return (
    row && {
      ...slotName(id),
      at: row.at_ms,
      from: row.from_ms,
      isBackfill: row.is_backfill === 1,
      ...(row.held_by !== null && { heldBy: row.held_by }),
    }
  )
}

/** Claimed jobs with their slots. */
export const withSlots = (e: Engine, jobs: readonly ClaimedJob[]): readonly ClaimedJob[] =>
  jobs.some(({ id }) => isSlotId(id)) ? jobs.map((job) => withSlot(e, job)) : jobs

function withSlot(e: Engine, job: ClaimedJob): ClaimedJob {
  const schedule = slotOf(e, job.id)
  return schedule ? { ...job, schedule } : job
}

import { defaults } from '../../job/defaults.ts'
import type { Instant, NewJob } from '../../job/job.ts'
import type { Room, Schedule, ScheduleBody, SlotFacts, SlotRecord, SkipReason } from '../../job/schedule.ts'
import { isFinal } from '../../job/state.ts'
import type {
  DueSchedules,
  Fired,
  Firing,
  ScheduleChange,
  SchedulePage,
  SlotOutcome,
} from '../../store/index.ts'
import { skippedFor } from '../../job/schedule.ts'
import { act } from './act.ts'
import { enqueue } from './enqueue.ts'
import { move, type Row, type Tables } from './tables.ts'

export interface ScheduleRow {
  readonly name: string
  revision: number
  body: ScheduleBody
  cursorAt: Instant
  nextAt: Instant | undefined
  fired: number
  /** As the newest firing said that moved the cursor, or after which a job waits. */
  max: number | null
  /** Its jobs that have no final state. */
  readonly live: Set<Row>
  /** Oldest first. */
  records: SlotRecord[]
}

/** What a job knows of its slot. */
export interface Slot {
  readonly schedule: string
  /** The jobs of that very schedule: a later one of the same name is another one. */
  readonly among: Set<Row>
  readonly facts: SlotFacts
  /** It waits for an earlier job of its schedule. */
  isHeld: boolean
}

const recordsKept = defaults.keep.slots.count

export function set(s: Tables, changes: readonly ScheduleChange[]): ('set' | 'stale')[] {
  return changes.map((change) => {
    const row = s.schedules.get(change.name)
    if ((row?.revision ?? 0) !== change.revision) return 'stale'
    const { name, to, order } = change
    if (order) s.audit.push({ at: s.clock.now(), target: name, reason: undefined, ...order })
    if (to === null) remove(s, row)
    else put(s, row, change as Put)
    return 'set'
  })
}
type Put = ScheduleChange & { readonly to: NonNullable<ScheduleChange['to']> }

function put(s: Tables, known: ScheduleRow | undefined, { name, to, skipped = [] }: Put): void {
  const { cursorAt, nextAt, ...body } = to
  const fresh = { name, revision: 0, fired: 0, max: null, live: new Set<Row>(), records: [] }
  const row: ScheduleRow = { ...(known ?? fresh), body, cursorAt, nextAt }
  row.revision += 1
  s.schedules.set(name, row)
  keep(
    s,
    row,
    skipped.map((skip) => ({ ...skip, outcome: 'skipped' as const })),
  )
}

function remove(s: Tables, row: ScheduleRow | undefined): void {
  if (!row) return
  for (const job of heldOf(row)) cancel(s, job, 'its schedule was removed')
  s.schedules.delete(row.name)
}

export function list(s: Tables, { names, after = '', limit }: SchedulePage): Schedule[] {
  return [...s.schedules.values()]
    .filter(({ name }) => name > after && (names?.includes(name) ?? true))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .slice(0, limit)
    .map(view)
}

export function due(s: Tables, limit: number): DueSchedules {
  const now = s.clock.now()
  const planned = [...s.schedules.values()].filter(({ nextAt }) => nextAt !== undefined)
  const next = ({ nextAt }: ScheduleRow) => nextAt as Instant
  planned.sort((a, b) => next(a) - next(b) || (a.name < b.name ? -1 : 1))
  const found = planned.filter((row) => next(row) <= now).slice(0, limit)
  const after = planned[found.length]
  return { now, schedules: found.map(view), ...(after && { nextDueAt: next(after) }) }
}

function view(row: ScheduleRow): Schedule {
  const { name, revision, cursorAt, nextAt, fired, body, live } = row
  const waiting = heldOf(row).length
  return {
    name,
    revision,
    cursorAt,
    ...(nextAt !== undefined && { nextAt }),
    fired,
    running: live.size - waiting,
    waiting,
    ...body,
  }
}

export function history(s: Tables, name: string, limit: number): SlotRecord[] {
  return (s.schedules.get(name)?.records ?? []).toReversed().slice(0, limit)
}

export function fire(s: Tables, firings: readonly Firing[]): Fired[] {
  return firings.map((firing) => {
    const row = s.schedules.get(firing.name)
    if (!row || !fits(s, row, firing)) return { outcome: 'stale' }
    const { cursor, room, slots } = firing
    const revision = row.revision + 1
    if (cursor) Object.assign(row, { revision, cursorAt: cursor.to, nextAt: cursor.nextAt, max: room.max })
    const outcomes = slots.map(({ facts, job }) => fireOne(s, row, { facts, job, room }))
    const records = slots.map(({ facts }, i) => recordOf(facts.at, outcomes[i] as SlotOutcome))
    const skipped = firing.skipped.map((skip) => ({ ...skip, outcome: 'skipped' as const }))
    keep(
      s,
      row,
      [...skipped, ...records].sort((a, b) => a.at - b.at),
    )
    return { outcome: 'fired', slots: outcomes }
  })
}

/** Decided for the schedule as it is, and not for an instant that is still to come. */
function fits(s: Tables, row: ScheduleRow, { revision, cursor }: Firing): boolean {
  return row.revision === revision && (cursor === undefined || cursor.to <= s.clock.now())
}

interface One {
  readonly facts: SlotFacts
  readonly job: NewJob
  readonly room: Room
}

function fireOne(s: Tables, row: ScheduleRow, { facts, job, room }: One): SlotOutcome {
  const { id } = job
  if (s.rows.has(id)) return { id, outcome: 'known' }
  if (!room.cancel && isTaken(row, room) && heldOf(row).length >= room.buffer)
    return { id, outcome: 'skipped', reason: refusal(room) }
  const [answer] = enqueue(s, [job])
  if (answer?.outcome !== 'created') return { id, outcome: 'skipped', reason: skippedFor(answer) }
  // Not before: a slot that gets no job takes nobody's place.
  if (room.cancel) cancelEarlier(s, row, facts)
  const isFull = isTaken(row, room)
  if (isFull) row.max = room.max
  const added = s.rows.get(id) as Row
  added.slot = { schedule: row.name, among: row.live, facts, isHeld: isFull }
  row.live.add(added)
  row.fired += 1
  if (isFull) move(s, added, 'blocked')
  return { id, outcome: isFull ? 'held' : 'fired' }
}

/** True where the job of a slot has to wait. */
const isTaken = (row: ScheduleRow, { max }: Room): boolean =>
  max !== null && (heldOf(row).length > 0 || row.live.size >= max)

const refusal = ({ buffer }: Room): SkipReason => (buffer > 0 ? 'bufferFull' : 'overlap')

/** Those that wait go first, so that none of them takes the place of one that ends. */
function cancelEarlier(s: Tables, row: ScheduleRow, { at }: SlotFacts): void {
  const reason = `overlap: the slot of ${new Date(at).toISOString()} takes its place`
  for (const job of [...heldOf(row), ...row.live]) cancel(s, job, reason)
}

function cancel(s: Tables, row: Row, reason: string): void {
  if (!isFinal(row.state)) act(s, { verb: 'cancel', ids: [row.job.id], by: 'schedule', reason })
}

const recordOf = (at: Instant, { id, outcome, reason }: SlotOutcome): Omit<SlotRecord, 'decidedAt'> => ({
  at,
  count: 1,
  outcome,
  ...(reason && { reason }),
  ...(outcome !== 'skipped' && { job: id }),
})

function keep(s: Tables, row: ScheduleRow, records: readonly Omit<SlotRecord, 'decidedAt'>[]): void {
  const decidedAt = s.clock.now()
  row.records = [...row.records, ...records.map((one) => ({ ...one, decidedAt }))].slice(-recordsKept)
}

/** Jobs that wait for an earlier one of their schedule, in the order of their slots. */
const heldOf = ({ live }: ScheduleRow): Row[] =>
  [...live]
    .filter(({ slot }) => slot?.isHeld)
    .sort((a, b) => (a.slot?.facts.at ?? 0) - (b.slot?.facts.at ?? 0) || a.seq - b.seq)

/** A job of a schedule has ended, or was brought back: those that wait for it may go. */
export function slotMoved(s: Tables, row: Row): void {
  const schedule = s.schedules.get(row.slot?.schedule ?? '')
  if (!row.slot || schedule?.live !== row.slot.among) return
  if (!isFinal(row.state)) return void schedule.live.add(row)
  row.slot.isHeld = false
  schedule.live.delete(row)
  const now = s.clock.now()
  for (const next of heldOf(schedule).filter(({ expiresAt = Infinity }) => expiresAt > now)) {
    const running = schedule.live.size - heldOf(schedule).length
    if (schedule.max !== null && running >= schedule.max) return
    ;(next.slot as Slot).isHeld = false
    next.availableAt = Math.max(next.availableAt, now)
    move(s, next, next.availableAt > now ? 'scheduled' : 'ready')
  }
}

/** What a job shows of its slot. */
export function slotOf({ slot }: Row): (SlotFacts & { heldBy?: string }) | undefined {
  if (!slot) return undefined
  const live = [...slot.among].filter((row) => !row.slot?.isHeld)
  const first = live.sort((a, b) => a.seq - b.seq)[0]
  return { ...slot.facts, ...(slot.isHeld && first && { heldBy: first.job.id }) }
}

import { defaults } from '../../job/defaults.ts'
import type { Schedule, ScheduleBody, Skip, SlotRecord } from '../../job/schedule.ts'
import type {
  DueSchedules,
  Fired,
  Firing,
  ScheduleChange,
  SchedulePage,
  SlotOutcome,
} from '../../store/index.ts'
import { cancelLive, fireOne } from './slots.ts'
import type { Engine } from './engine.ts'

/** Records of a schedule that are kept. */
const recordsKept = defaults.keep.slots.count

/** The columns of legwork_schedule. */
interface ScheduleRow {
  readonly id: number
  readonly name: string
  readonly revision: number
  readonly cursor_at_ms: number
  readonly next_at_ms: number | null
  readonly max_running: number | null
  readonly fired: number
  readonly body: string
}

const find = (e: Engine, name: string): ScheduleRow | undefined =>
  e.statement('scheduleFind').get(name) as ScheduleRow | undefined

export function scheduleSet(e: Engine, changes: readonly ScheduleChange[]): ('set' | 'stale')[] {
  return changes.map((change) => {
    const { name, revision, to, order, skipped = [] } = change
    const row = find(e, name)
    if ((row?.revision ?? 0) !== revision) return 'stale'
    if (order) e.statement('auditAdd').run(e.time.now(), order.by, order.verb, name, order.reason ?? null)
    if (to !== null) keep(e, put(e, row, { name, to }), skips(skipped))
    else if (row) remove(e, row.id)
    return 'set'
  })
}

function put(
  e: Engine,
  row: ScheduleRow | undefined,
  { name, to }: { name: string; to: NonNullable<ScheduleChange['to']> },
): number {
  const { cursorAt, nextAt, ...body } = to
  const values = [cursorAt, nextAt ?? null, JSON.stringify(body)] as const
  if (!row) return (e.statement('scheduleAdd').get(name, ...values) as { id: number }).id
  e.statement('scheduleSet').run(row.id, ...values)
  return row.id
}

function remove(e: Engine, id: number): void {
  cancelLive(e, id, { reason: 'its schedule was removed', onlyHeld: true })
  e.statement('slotRecordDrop').run(id)
  e.statement('scheduleRemove').run(id)
}

export function scheduleList(e: Engine, { names, after = '', limit }: SchedulePage): Schedule[] {
  const rows = e.statement('scheduleList').all(after, limit, names ? JSON.stringify(names) : null)
  return (rows as ScheduleRow[]).map((row) => view(e, row))
}

export function scheduleDue(e: Engine, limit: number): DueSchedules {
  e.time.check?.()
  const now = e.time.now()
  const rows = e.statement('scheduleDue').all(limit + 1) as ScheduleRow[]
  const due = rows.slice(0, limit).filter((row) => (row.next_at_ms ?? Infinity) <= now)
  const after = rows[due.length]
  return {
    now,
    schedules: due.map((row) => view(e, row)),
    ...(after && after.next_at_ms !== null && { nextDueAt: after.next_at_ms }),
  }
}

function view(e: Engine, row: ScheduleRow): Schedule {
  const { live, held } = e.statement('slotCount').get(row.id) as { live: number; held: number }
  return {
    name: row.name,
    revision: row.revision,
    cursorAt: row.cursor_at_ms,
    ...(row.next_at_ms !== null && { nextAt: row.next_at_ms }),
    fired: row.fired,
    running: live - held,
    waiting: held,
    // The column holds what `put` wrote.
    ...(JSON.parse(row.body) as ScheduleBody),
  }
}

export function scheduleFire(e: Engine, firings: readonly Firing[]): Fired[] {
  e.time.check?.()
  return firings.map((firing) => {
    const row = find(e, firing.name)
    if (!row || !fits(e, row, firing)) return { outcome: 'stale' }
    const { cursor, room, slots } = firing
    if (cursor) e.statement('scheduleMove').run(row.id, cursor.to, cursor.nextAt ?? null, room.max)
    const outcomes = slots.map(({ facts, job }) => fireOne(e, row.id, { facts, job, room }))
    const made = outcomes.filter(({ outcome }) => outcome === 'fired' || outcome === 'held').length
    if (made > 0) e.statement('scheduleCount').run(row.id, made)
    const records = slots.map(({ facts }, i) => recordOf(facts.at, outcomes[i] as SlotOutcome))
    keep(
      e,
      row.id,
      [...skips(firing.skipped), ...records].sort((a, b) => a.at - b.at),
    )
    return { outcome: 'fired', slots: outcomes }
  })
}

/** Decided for the schedule as it is, and not for an instant that is still to come. */
function fits(e: Engine, row: ScheduleRow, { revision, cursor }: Firing): boolean {
  return row.revision === revision && (cursor === undefined || cursor.to <= e.time.now())
}

type Kept = Omit<SlotRecord, 'decidedAt'>

const skips = (all: readonly Skip[]): Kept[] => all.map((skip) => ({ ...skip, outcome: 'skipped' as const }))

const recordOf = (at: number, { id, outcome, reason }: SlotOutcome): Kept => ({
  at,
  count: 1,
  outcome,
  ...(reason && { reason }),
  ...(outcome !== 'skipped' && { job: id }),
})

function keep(e: Engine, id: number, records: readonly Kept[]): void {
  if (records.length === 0) return
  const now = e.time.now()
  for (const { at, until, count, outcome, reason, note, job } of records.slice(-recordsKept))
    e.statement('slotRecordAdd').run(
      id,
      at,
      until ?? null,
      count,
      outcome,
      reason ?? null,
      note ?? null,
      job ?? null,
      now,
    )
  e.statement('slotRecordTrim').run(id, recordsKept)
}

interface RecordRow {
  readonly at_ms: number
  readonly until_ms: number | null
  readonly n: number
  readonly outcome: SlotRecord['outcome']
  readonly reason: SlotRecord['reason'] | null
  readonly note: string | null
  readonly job: string | null
  readonly decided_at_ms: number
}

export function scheduleHistory(e: Engine, name: string, limit: number): SlotRecord[] {
  const row = find(e, name)
  if (!row) return []
  return (e.statement('slotRecordList').all(row.id, limit) as RecordRow[]).map((one) => ({
    at: one.at_ms,
    ...(one.until_ms !== null && { until: one.until_ms }),
    count: one.n,
    outcome: one.outcome,
    ...(one.reason !== null && { reason: one.reason as NonNullable<SlotRecord['reason']> }),
    ...(one.note !== null && { note: one.note }),
    ...(one.job !== null && { job: one.job }),
    decidedAt: one.decided_at_ms,
  }))
}

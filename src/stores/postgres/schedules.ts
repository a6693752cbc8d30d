import type { Schedule, ScheduleBody, SlotRecord } from '../../job/schedule.ts'
import type {
  DueSchedules,
  Fired,
  Firing,
  ScheduleChange,
  SchedulePage,
  SlotOutcome,
} from '../../store/index.ts'
import type { Engine } from './engine.ts'
import { bindOne } from './enqueue.ts'
import { given } from './row.ts'

/** The columns of schedule-row.sql. */
type ScheduleRow = readonly [
  name: string,
  revision: number,
  cursorAt: number,
  nextAt: number | null,
  fired: number,
  running: number,
  waiting: number,
  body: string,
]

function toSchedule([
  name,
  revision,
  cursorAt,
  nextAt,
  fired,
  running,
  waiting,
  body,
]: ScheduleRow): Schedule {
  return {
    ...{ name, revision, cursorAt },
    ...given('nextAt', nextAt),
    ...{ fired, running, waiting },
    // The column holds what `set` wrote.
    ...(JSON.parse(body) as ScheduleBody),
  }
}

export async function set(
  e: Engine,
  changes: readonly ScheduleChange[],
): Promise<readonly ('set' | 'stale')[]> {
  if (changes.length === 0) return []
  const rows = changes.map(({ to, ...change }) => {
    if (to === null) return change
    const { cursorAt, nextAt, ...body } = to
    return { ...change, to: { cursorAt, nextAt, body: JSON.stringify(body) } }
  })
  return e.call('schedule_set_v1', { changes: rows })
}

export async function list(e: Engine, page: SchedulePage): Promise<readonly Schedule[]> {
  return (await e.call<readonly ScheduleRow[]>('schedule_list_v1', page)).map(toSchedule)
}

export async function due(e: Engine, limit: number): Promise<DueSchedules> {
  const { now, schedules, next } = await e.call<{
    readonly now: number
    readonly schedules: readonly ScheduleRow[] | null
    readonly next: number | null
  }>('schedule_due_v1', { limit })
  return { now, schedules: (schedules ?? []).map(toSchedule), ...given('nextDueAt', next) }
}

export async function fire(e: Engine, firings: readonly Firing[]): Promise<readonly Fired[]> {
  if (firings.length === 0) return []
  const rows = firings.map(({ slots, ...firing }) => ({
    ...firing,
    slots: slots.map(({ facts: { at, from, isBackfill }, job }) => ({
      ...{ at, from, isBackfill },
      overlap: `overlap: the slot of ${new Date(at).toISOString()} takes its place`,
      enqueue: bindOne(job),
    })),
  }))
  const answers = await e.call<readonly (readonly SlotOutcome[] | null)[]>('schedule_fire_v1', {
    firings: rows,
  })
  return answers.map((slots) => (slots === null ? { outcome: 'stale' } : { outcome: 'fired', slots }))
}

type RecordRow = readonly [
  at: number,
  until: number | null,
  count: number,
  outcome: SlotRecord['outcome'],
  reason: NonNullable<SlotRecord['reason']> | null,
  note: string | null,
  job: string | null,
  decidedAt: number,
]

export async function history(e: Engine, name: string, limit: number): Promise<readonly SlotRecord[]> {
  const rows = await e.call<readonly RecordRow[]>('schedule_history_v1', { name, limit })
  return rows.map(([at, until, count, outcome, reason, note, job, decidedAt]) => ({
    at,
    ...given('until', until),
    ...{ count, outcome },
    ...given('reason', reason),
    ...given('note', note),
    ...given('job', job),
    decidedAt,
  }))
}

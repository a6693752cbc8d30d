import type { Schedule, ScheduleBody, Skip, SlotRecord } from '../../job/schedule.ts'
import type { NewJob } from '../../job/job.ts'
import type { DueSchedules, Fired, Firing, ScheduleChange, Schedules } from '../../store/index.ts'
import { shapeOf, waitOf } from './enqueue.ts'
import type { Reply } from './port.ts'
import { listed, parsed, rowsOf, textOf } from './row.ts'
import type { Run } from './script.ts'

/** The schedules of a store; `rung` runs a script after which whoever waits for a change is woken. */
export function schedulesWith(run: Run, rung: Run): Schedules {
  return {
    async set(changes) {
      // The script answers in the contract's words.
      return rowsOf(await rung('scheduleSet', ...changes.map(changeText))) as ('set' | 'stale')[]
    },
    async list({ names, after = '', limit }) {
      const only = names ? ['1', ...names] : ['0']
      return rowsOf(await run('scheduleList', after, limit, ...only)).map(toSchedule)
    },
    async due(limit): Promise<DueSchedules> {
      const [now, next, ...rows] = rowsOf(await run('scheduleDue', limit))
      return {
        now: Number(now),
        schedules: rows.map(toSchedule),
        ...(next !== '' && { nextDueAt: Number(next) }),
      }
    },
    async fire(firings) {
      return rowsOf(await rung('scheduleFire', ...firings.map(firingText))).map(toFired)
    },
    async history(name, limit) {
      return rowsOf(await run('scheduleHistory', name, limit))
        .filter(Boolean)
        .map(toRecord)
    },
  }
}

function changeText({ name, revision, to, order, skipped = [] }: ScheduleChange): string {
  const { cursorAt, nextAt, ...body } = to ?? {}
  return JSON.stringify({
    name,
    revision,
    order,
    skipped: skipped.map(skipText),
    ...(to && { body: JSON.stringify(body), cursorAt, nextAt }),
  })
}

const skipText = (skip: Skip): string => JSON.stringify({ ...skip, outcome: 'skipped' })

function firingText({ name, revision, cursor, slots, skipped, room }: Firing): string {
  return JSON.stringify({
    name,
    revision,
    cursor,
    skipped: skipped.map((skip) => ({ at: skip.at, text: skipText(skip) })),
    room: { ...room, max: room.max ?? undefined },
    slots: slots.map(({ facts, job }) => ({
      facts,
      job: newText(job),
      cancelReason: `overlap: the slot of ${new Date(facts.at).toISOString()} takes its place`,
    })),
  })
}

const newText = (job: NewJob) => ({
  id: job.id,
  shape: shapeOf(job),
  wait: waitOf(job),
  ukey: job.unique?.key,
  payload: job.payload,
})

type Row = Omit<Schedule, keyof ScheduleBody> & { readonly body: string }

function toSchedule(reply: Reply): Schedule {
  const { body, ...row } = parsed<Row>(reply)
  return { ...row, ...(JSON.parse(body) as ScheduleBody) }
}

function toFired(reply: Reply): Fired {
  const fired = parsed<Fired>(reply)
  return fired.outcome === 'fired' ? { ...fired, slots: listed(fired.slots) } : fired
}

/** `decidedAt json`. */
function toRecord(reply: Reply): SlotRecord {
  const text = textOf(reply)
  const at = text.indexOf(' ')
  const record = JSON.parse(text.slice(at + 1)) as Omit<SlotRecord, 'decidedAt'>
  return { ...record, decidedAt: Number(text.slice(0, at)) }
}

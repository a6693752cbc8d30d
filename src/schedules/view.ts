import { describeWhen } from '../calendar/describe.ts'
import type { Overlap, Plan, Schedule, SkipReason, SlotRecord } from '../job/schedule.ts'

/** A schedule as people see it. */
export interface ScheduleView {
  readonly name: string
  /** `over`: no slot comes any more. `errored`: see `problem`. */
  readonly state: 'active' | 'paused' | 'errored' | 'over'
  /** When, in words. */
  readonly when: string
  readonly cron?: string
  readonly tz?: string
  readonly everyMs?: number
  readonly task: string
  readonly queue: string
  readonly overlap: Overlap
  readonly missed: { readonly run: 'last' | 'all' | 'none'; readonly withinMs: number }
  readonly jitterMs: number
  /** Declared by code, or set at run time. */
  readonly source: 'code' | 'api'
  /** Absent while it is paused or over. */
  readonly next?: Date
  readonly start?: Date
  readonly end?: Date
  readonly limit?: number
  readonly paused?: { readonly reason: string; readonly by: string; readonly at: Date }
  readonly problem?: { readonly code: string; readonly message: string; readonly at: Date }
  /** Jobs made so far. */
  readonly fired: number
  /** Its jobs without a final state, and how many more wait for these. */
  readonly running: number
  readonly waiting: number
}

/** What became of a slot, or of `count` in a row up to `until`. */
export interface SlotHistory {
  readonly at: Date
  readonly until?: Date
  readonly count: number
  readonly outcome: SlotRecord['outcome']
  readonly reason?: SkipReason
  readonly note?: string
  /** The id of its job. */
  readonly job?: string
  readonly decidedAt: Date
}

export interface BackfillView {
  readonly id: string
  readonly schedule: string
  readonly state: 'running' | 'paused' | 'errored' | 'done'
  readonly from: Date
  readonly to: Date
  /** No slot up to here is left. */
  readonly cursor: Date
  readonly concurrency: number
  readonly reprocess: 'none' | 'failed' | 'all'
  readonly fired: number
  readonly running: number
  readonly waiting: number
  readonly problem?: ScheduleView['problem']
}

const date = <K extends string>(key: K, at: number | undefined): { readonly [P in K]?: Date } =>
  at === undefined ? {} : ({ [key]: new Date(at) } as { readonly [P in K]: Date })

export function viewOf(schedule: Schedule): ScheduleView {
  const { name, plan, source, nextAt, paused, problem, fired, running, waiting } = schedule
  return {
    name,
    state: stateOf(schedule),
    when: describeWhen(plan.when),
    ...timingOf(plan),
    task: plan.job.task,
    queue: plan.job.queue,
    overlap: plan.overlap,
    missed: plan.missed,
    jitterMs: plan.jitterMs,
    source: source.kind,
    ...date('next', isSpent(schedule) ? undefined : nextAt),
    ...date('start', plan.startAt),
    ...date('end', plan.endAt),
    ...(plan.limit !== undefined && { limit: plan.limit }),
    ...(paused && { paused: { ...paused, at: new Date(paused.at) } }),
    ...(problem && { problem: { ...problem, at: new Date(problem.at) } }),
    fired,
    running,
    waiting,
  }
}

function stateOf(schedule: Schedule): ScheduleView['state'] {
  const { paused, problem, nextAt } = schedule
  if (paused) return 'paused'
  if (problem) return 'errored'
  return nextAt === undefined || isSpent(schedule) ? 'over' : 'active'
}

/** It had its number of jobs; its cursor finds that out with the next slot. */
const isSpent = ({ plan, fired }: Schedule): boolean => plan.limit !== undefined && fired >= plan.limit

const timingOf = ({ when }: Plan): Pick<ScheduleView, 'cron' | 'tz' | 'everyMs'> =>
  'cron' in when ? { cron: when.cron, tz: when.tz } : { everyMs: when.everyMs }

export function historyOf({ at, until, decidedAt, ...rest }: SlotRecord): SlotHistory {
  return { at: new Date(at), ...date('until', until), ...rest, decidedAt: new Date(decidedAt) }
}

/** Of a record that is a backfill. */
export function backfillOf({
  name,
  backfill,
  paused,
  problem,
  nextAt,
  cursorAt,
  fired,
  running,
  waiting,
}: Schedule): BackfillView {
  const { of = '', from = 0, to = 0, concurrency = 1, reprocess = 'none' } = backfill ?? {}
  const isDone = nextAt === undefined && !paused && running + waiting === 0
  return {
    id: name.slice(of.length + 1),
    schedule: of,
    state: paused ? 'paused' : problem ? 'errored' : isDone ? 'done' : 'running',
    from: new Date(from),
    to: new Date(to),
    cursor: new Date(cursorAt),
    concurrency,
    reprocess,
    fired,
    running,
    waiting,
    ...(problem && { problem: { ...problem, at: new Date(problem.at) } }),
  }
}

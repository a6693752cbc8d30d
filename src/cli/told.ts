import type { Attempt, Instant, Job } from '../job/job.ts'
import type { State } from '../job/state.ts'
import type { Change, Changes, Closing, RunningView } from '../store/index.ts'
import { frameOf } from './user-error.ts'
import { iso, value } from './view.ts'

/** One thing that happened, as data: what `tail` and `dev` print, and with `--json` the line itself. */
export type Told = { readonly at: Instant } & (
  | ({ readonly event: 'enqueued'; readonly state: string } & Named)
  | ({ readonly event: 'started'; readonly attempt: number; readonly worker: string } & Named)
  | ({
      readonly event: Ending
      readonly attempt: number
      readonly tookMs: number
      readonly worker: string
      readonly state: string
      readonly reason?: string
      readonly error?: ToldError
      readonly output?: unknown
      readonly logs?: readonly { readonly level: string; readonly message: string }[]
      /** When it is tried again. */
      readonly againAt?: Instant
    } & Named)
  | ({
      readonly event: 'closed'
      readonly how: Closing['how']
      /** Absent where the job is gone. */
      readonly state?: State
      readonly by?: string
      readonly reason?: string
    } & Named)
  | {
      readonly event: 'acted'
      readonly verb: string
      readonly target: string
      readonly by: string
      readonly reason?: string
    }
)
export interface Named {
  readonly id: string
  readonly task: string
  readonly queue: string
}
export interface ToldError {
  readonly name: string
  readonly message: string
  /** `FILE:LINE` in the user's own code. */
  readonly where?: string
}
export type Ending = (typeof endings)[Attempt['outcome']]

/** How an attempt ended, in the words of what follows from it. */
const endings = {
  complete: 'completed',
  retry: 'failed',
  snooze: 'snoozed',
  release: 'released',
  bury: 'dead',
  cancel: 'cancelled',
  lapse: 'lost',
} as const satisfies Record<Attempt['outcome'], string>

/** What a page of changes tells. `jobs` are those of it that somebody wants to see in detail. */
export function toldOf(
  { items }: Pick<Changes, 'items'>,
  jobs: ReadonlyMap<string, Job> = new Map(),
): Told[] {
  const closed = new Set(items.flatMap((item) => (item.kind === 'closed' ? [`${item.at} ${item.id}`] : [])))
  // What a person did to a job that waited is told once, with the job's ending.
  const isToldElsewhere = (item: Change) =>
    item.kind === 'acted' && endingVerbs.has(item.verb) && closed.has(`${item.at} ${item.target}`)
  return items.filter((item) => !isToldElsewhere(item)).map((item) => tell(item, jobs))
}

const endingVerbs: ReadonlySet<string> = new Set(['cancel', 'remove'])
const closedStates = { expired: { state: 'dead' }, cancelled: { state: 'cancelled' }, removed: {} } as const

function tell(item: Change, jobs: ReadonlyMap<string, Job>): Told {
  if (item.kind === 'acted') {
    const { kind: _, ...rest } = item
    return { event: 'acted', ...rest }
  }
  if (item.kind === 'closed') {
    const { kind: _, ...rest } = item
    return { event: 'closed', ...closedStates[item.how], ...rest }
  }
  const { at, id, task, queue, state } = item
  if (item.kind === 'enqueued') return { at, event: 'enqueued', id, task, queue, state }
  const { attempt } = item
  const job = jobs.get(id)
  return {
    at,
    event: endings[attempt.outcome],
    id,
    task,
    queue,
    attempt: attempt.attempt,
    tookMs: Math.max(0, attempt.endedAt - attempt.startedAt),
    worker: attempt.ranOn,
    state,
    ...(attempt.reason !== undefined && { reason: attempt.reason }),
    ...(attempt.error && { error: toldError(attempt.error) }),
    ...(job && detail(job, attempt)),
  }
}

function toldError({ name, message, stack }: NonNullable<Attempt['error']>): ToldError {
  const where = stack === undefined ? undefined : frameOf(stack)
  return { name, message, ...(where !== undefined && { where }) }
}

function detail(job: Job, { attempt, outcome }: Attempt): object {
  const logs = (job.logs ?? [])
    .filter((line) => line.attempt === attempt)
    .map(({ level, message }) => ({ level, message }))
  return {
    ...(logs.length > 0 && { logs }),
    ...(outcome === 'complete' && job.result !== undefined && { output: value(job.result) }),
    ...(outcome === 'retry' && job.state === 'scheduled' && { againAt: job.availableAt }),
  }
}

export const toldStarted = ({ id, task, queue, attempt, worker, startedAt: at }: RunningView): Told => ({
  at,
  event: 'started',
  id,
  task,
  queue,
  attempt,
  worker,
})

/** As a line of JSON, with ISO instants. */
export function toldJson(told: Told): object {
  const { at, ...rest } = told
  const { againAt, ...fields } = rest as { againAt?: number }
  return { at: iso(at), ...fields, ...(againAt !== undefined && { againAt: iso(againAt) }) }
}

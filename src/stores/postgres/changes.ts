import type { Progress } from '../../job/job.ts'
import { stateOf } from '../../store/codes.ts'
import type { Change, Changes, RunningView, Since } from '../../store/index.ts'
import type { Engine } from './engine.ts'
import { type AttemptRow, given, parseText, toAttempt } from './row.ts'

type Named = readonly [n: number, id: string, task: string, queue: string, state: number]
type CameRow = readonly [...Named, at: number]
type EndedRow = readonly [...Named, attempt: AttemptRow]
type ActedRow = readonly [
  n: number,
  at: number,
  verb: string,
  target: string,
  by: string,
  reason: string | null,
]
type ClosedRow = readonly [
  n: number,
  id: string,
  task: string,
  queue: string,
  how: number,
  at: number,
  by: string | null,
  reason: string | null,
]
type RunningRow = readonly [
  id: string,
  task: string,
  queue: string,
  attempt: number,
  worker: string,
  startedAt: number,
  progress: string | null,
]
/** The answer of changes-v1.sql. */
interface Answer {
  readonly came: readonly CameRow[] | null
  readonly ended: readonly EndedRow[] | null
  readonly acted: readonly ActedRow[] | null
  readonly closed: readonly ClosedRow[] | null
  readonly running: readonly RunningRow[] | null
  readonly seq: number
  readonly ending: number
  readonly act: number
  readonly closing: number
  readonly enqueued: number
  readonly endings: number
}

/** What happened since a place: the last job, ended attempt, act and closing that were told. */
export async function changes(e: Engine, { after, limit, running = 0 }: Since): Promise<Changes> {
  const place = after?.split('.').map((part) => Number.parseInt(part, 36))
  const answer = await e.call<Answer>('changes_v1', {
    ...{ limit, running },
    ...(place && { seq: place[0], ending: place[1], act: place[2], closing: place[3] }),
  })
  const from = place ?? [answer.seq, answer.ending, answer.act, answer.closing]
  const { came, ended, acted, closed } = answer
  const kinds = [came ?? [], ended ?? [], acted ?? [], closed ?? []] as const
  const items = [
    ...kinds[0].slice(0, limit).map(toCame),
    ...kinds[1].slice(0, limit).map(toEnded),
    ...kinds[3].slice(0, limit).map(toClosed),
    ...kinds[2].slice(0, limit).map(toActed),
  ]
  const last = kinds.map((rows, i) => rows.slice(0, limit).at(-1)?.[0] ?? from[i] ?? 0)
  return {
    items: items.sort((a, b) => a.at - b.at),
    running: (answer.running ?? []).map(toRunning),
    cursor: last.map((n) => n.toString(36)).join('.'),
    totals: { enqueued: answer.enqueued, ended: answer.endings },
    more: kinds.some((rows) => rows.length > limit),
  }
}

const toCame = ([, id, task, queue, state, at]: CameRow): Change => ({
  ...{ at, kind: 'enqueued', id, task, queue, state: stateOf(state) },
})

function toEnded([, id, task, queue, state, row]: EndedRow): Change {
  const attempt = toAttempt(row)
  return { at: attempt.endedAt, kind: 'ended', id, task, queue, state: stateOf(state), attempt }
}

const toActed = ([, at, verb, target, by, reason]: ActedRow): Change => ({
  ...{ at, kind: 'acted', verb, target, by },
  ...given('reason', reason),
})

const hows = ['expired', 'cancelled', 'removed'] as const
const toClosed = ([, id, task, queue, how, at, by, reason]: ClosedRow): Change => ({
  ...{ at, kind: 'closed', id, task, queue, how: hows[how] ?? 'expired' },
  ...given('by', by),
  ...given('reason', reason),
})

const toRunning = ([id, task, queue, attempt, worker, startedAt, progress]: RunningRow): RunningView => ({
  ...{ id, task, queue, attempt, worker, startedAt },
  ...given('progress', parseText<Progress>(progress)),
})

import type { Progress } from '../../job/job.ts'
import { stateOf } from '../../store/codes.ts'
import type { Change, Changes, RunningView, Since } from '../../store/index.ts'
import type { Engine } from './engine.ts'
import { type Horizon, movedOn, type Place, placesOf, placeText } from './gaps.ts'
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
interface Answer extends Horizon {
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

/** What happened since a place: the last job, ended attempt, act and closing that were told, and what was passed over. */
export async function changes(e: Engine, { after, limit, running = 0 }: Since): Promise<Changes> {
  if (after === undefined) {
    const answer = await look(e, { limit, running })
    return { ...pageOf(answer), items: [], more: false, cursor: cursorOf(await beginning(e, answer)) }
  }
  const places = placesOf(after)
  const answer = await look(e, { limit, running, places })
  const kinds = kindsOf(answer)
  const [came, ended, acted, closed] = kinds
  const items = [
    ...came.slice(0, limit).map(toCame),
    ...ended.slice(0, limit).map(toEnded),
    ...closed.slice(0, limit).map(toClosed),
    ...acted.slice(0, limit).map(toActed),
  ]
  const next = kinds.map((rows, i) =>
    movedOn(
      places[i] ?? { at: newest(answer)[i] ?? 0, gaps: [] },
      rows.slice(0, limit).map(([n]) => n),
      { horizon: answer, isWhole: rows.length <= limit },
    ),
  )
  return {
    ...pageOf(answer),
    items: items.sort((a, b) => a.at - b.at),
    cursor: cursorOf(next),
    more: kinds.some((rows) => rows.length > limit),
  }
}

interface Look {
  readonly limit: number
  readonly running: number
  readonly places?: readonly Place[]
}

const look = (e: Engine, { limit, running, places }: Look): Promise<Answer> =>
  e.call<Answer>('changes_v1', {
    ...{ limit, running },
    ...(places && {
      ...{ seq: places[0]?.at, ending: places[1]?.at, act: places[2]?.at, closing: places[3]?.at },
      gaps: places.map(({ gaps }) => gaps.map(({ from, to }) => [from, to])),
    }),
  })

/** How far below the newest numbers one may still be on its way, where anybody is. Batches of a thousand are usual. */
const wakes = 5_000

/** The places of this moment: at the newest of each kind, with the numbers below it that somebody may be writing. */
async function beginning(e: Engine, answer: Answer): Promise<readonly Place[]> {
  const ends = newest(answer)
  if (answer.oldest >= answer.next) return ends.map((at) => ({ at, gaps: [] }))
  const back = ends.map((at) => ({ at: Math.max(0, at - wakes), gaps: [] }))
  const again = await look(e, { limit: wakes, running: 0, places: back })
  return kindsOf(again).map((rows, i) => {
    const seen = rows.map(([n]) => n).filter((n) => n <= (ends[i] ?? 0))
    return movedOn(back[i] as Place, seen, { horizon: again, isWhole: true })
  })
}

const newest = ({ seq, ending, act, closing }: Answer): readonly number[] => [seq, ending, act, closing]

const kindsOf = ({ came, ended, acted, closed }: Answer) =>
  [came ?? [], ended ?? [], acted ?? [], closed ?? []] as const

const cursorOf = (places: readonly Place[]): string => places.map(placeText).join('.')

const pageOf = ({ running, enqueued, endings }: Answer): Pick<Changes, 'running' | 'totals'> => ({
  running: (running ?? []).map(toRunning),
  totals: { enqueued, ended: endings },
})

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

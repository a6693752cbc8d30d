import type { Progress } from '../../job/job.ts'
import type { Change, Changes, RunningView, Since } from '../../store/index.ts'
import type { Engine } from './engine.ts'
import { closingHows } from './closing.ts'
import { type AttemptRow, stateOf, toAttempt } from './row.ts'

/** What happened since a place: the last job, ended attempt, act and closing that were told. */
export function changes(e: Engine, { after, limit, running = 0 }: Since): Changes {
  const now = newest(e)
  const place = after === undefined ? now : after.split('.').map((part) => Number.parseInt(part, 36))
  // A place from before there were closings does not name one.
  const [seq = 0, ending = 0, act = 0, closing = now[3] ?? 0] = place
  const read = <Row>(
    name: 'changesEnqueued' | 'changesEnded' | 'changesActed' | 'changesClosed',
    from: number,
  ) => (after === undefined ? [] : (e.statement(name).all(from, limit + 1) as Row[]))
  const came = read<CameRow>('changesEnqueued', seq)
  const ended = read<EndedRow>('changesEnded', ending)
  const acted = read<ActedRow>('changesActed', act)
  const closed = read<ClosedRow>('changesClosed', closing)
  const pages = [came, ended, acted, closed].map((rows) => rows.slice(0, limit))
  const items = [
    ...came.slice(0, limit).map(toCame),
    ...ended.slice(0, limit).map(toEnded),
    ...closed.slice(0, limit).map(toClosed),
    ...acted.slice(0, limit).map(toActed),
  ]
  const last = pages.map((rows, i) => rows.at(-1)?.n ?? [seq, ending, act, closing][i] ?? 0)
  return {
    items: items.sort((a, b) => a.at - b.at),
    running: running > 0 ? (e.statement('changesRunning').all(running) as RunningRow[]).map(toRunning) : [],
    cursor: last.map((n) => n.toString(36)).join('.'),
    totals: { enqueued: now[0] ?? 0, ended: now[1] ?? 0 },
    more: [came, ended, acted, closed].some((rows) => rows.length > limit),
  }
}

function newest(e: Engine): number[] {
  const row = e.statement('changesNewest').get() as Record<'seq' | 'ending' | 'act' | 'closing', number>
  return [row.seq, row.ending, row.act, row.closing]
}

interface Named {
  readonly n: number
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly state: number
}
interface CameRow extends Named {
  readonly at_ms: number
}
type EndedRow = Named & AttemptRow
interface ActedRow {
  readonly n: number
  readonly at_ms: number
  readonly verb: string
  readonly target: string
  readonly by: string
  readonly reason: string | null
}
interface ClosedRow {
  readonly n: number
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly how: number
  readonly by: string | null
  readonly reason: string | null
  readonly at_ms: number
}
interface RunningRow {
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly attempt: number
  readonly worker: string
  readonly started_at_ms: number
  readonly progress: string | null
}

const nameOf = ({ id, task, queue, state }: Named) => ({ id, task, queue, state: stateOf(state) })
const toCame = (row: CameRow): Change => ({ at: row.at_ms, kind: 'enqueued', ...nameOf(row) })
const toEnded = (row: EndedRow): Change => ({
  at: row.ended_at_ms,
  kind: 'ended',
  ...nameOf(row),
  attempt: toAttempt(row),
})
const toActed = ({ at_ms: at, verb, target, by, reason }: ActedRow): Change => ({
  at,
  kind: 'acted',
  verb,
  target,
  by,
  ...(reason !== null && { reason }),
})
const toClosed = ({ at_ms: at, id, task, queue, how, by, reason }: ClosedRow): Change => ({
  at,
  kind: 'closed',
  id,
  task,
  queue,
  how: closingHows[how] ?? 'expired',
  ...(by !== null && { by }),
  ...(reason !== null && { reason }),
})
const toRunning = ({ started_at_ms: startedAt, progress, ...row }: RunningRow): RunningView => ({
  ...row,
  startedAt,
  // The column holds what this store wrote.
  ...(progress !== null && { progress: JSON.parse(progress) as Progress }),
})

import { defaults } from '../../job/defaults.ts'
import { canTakeOver } from '../../job/elsewhere.ts'
import { kinds } from './lane-kinds.ts'
import { type Engine, type Lane, readJson } from './engine.ts'
import { knownTasks } from './row.ts'

/** Who asks for jobs of a queue. */
export interface Asker {
  /** `legwork_runner.id`. */
  readonly id: number
  readonly queue: string
}

export interface HeadOf {
  readonly lane: Lane
  readonly limit: number
  /** Rows that are looked at. */
  readonly rows: number
  readonly now: number
  readonly asker: Asker
}

/** Host and pid of a worker that is registered. */
export const processOf = (e: Engine, id: number | null): string =>
  (e.statement('elsewhereHere').get(id) as { ran_on: string }).ran_on

/** From then on nobody of the process that ran this job takes it, while another one can. */
export function sendElsewhere(e: Engine, seq: number, avoids: string): void {
  const { id } = e.statement('laneBeside').get(seq, kinds.elsewhere) as { id: number }
  e.statement('elsewhereMark').run(seq, id, avoids)
}

/** Jobs that somebody has claimed stand in no special line any more. */
export const endElsewhere = (e: Engine, seqs: string): void => void e.statement('elsewhereEnd').run(seqs)

/** The head of a lane of jobs that are to run elsewhere, as far as the asker may take them. */
export function headElsewhere(e: Engine, { lane, limit, rows, now, asker }: HeadOf): unknown[] {
  const all = readJson(e, 'laneHead', lane.id, limit, rows, now) as unknown[]
  if (all.length === 0 || !isAnotherThere(e, lane, asker)) return all
  const here = processOf(e, asker.id)
  return readJson(
    e,
    'elsewhereHead',
    lane.id,
    limit,
    rows,
    now,
    here,
    now - defaults.elsewhereMs,
  ) as unknown[]
}

function isAnotherThere(e: Engine, { name: task, version }: Lane, { id, queue }: Asker): boolean {
  const rows = e
    .statement('elsewhereWorkers')
    .all(processOf(e, id), e.time.monotonic(), e.time.boot) as WorkerRow[]
  return rows.some(({ host, pid, queues, tasks, ending }) => {
    const one = { host, pid, queues: JSON.parse(queues) as string[], ...knownTasks(tasks) }
    // Those of the asker's own process are not among the rows.
    return canTakeOver({ ...one, ...(ending === 1 && { ending: true }) }, { queue, task, version }, '')
  })
}

/** The columns of elsewhere-workers.sql. */
interface WorkerRow {
  readonly host: string
  readonly pid: number
  readonly queues: string
  readonly tasks: string
  readonly ending: number | null
}

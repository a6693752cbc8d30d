import { suspectLosses, trialMs } from '../../job/loss.ts'
import type { ClaimedJob, ErrorInfo, OnCrash, Previous } from '../../job/job.ts'
import type { Ask } from '../../store/contract.ts'
import type { Ticket } from './ending.ts'
import { type Engine, readJson, yes } from './engine.ts'
import type { Lease } from './lease.ts'
import { outcomes } from './row.ts'

/** From then on a job is only claimed alone. */
export function markSuspect(e: Engine, seq: number): void {
  const { id } = e.statement('suspectLane').get(seq) as { id: number }
  e.statement('suspectMark').run(seq, id)
}

/** A job that has survived a run is no suspect any more; one that was hardly ever lost has never been one. */
export function clearSuspect(e: Engine, { seq, losses }: Ticket): void {
  if (losses >= suspectLosses) e.statement('suspectClear').run(seq)
}

/** True when some suspect waits that nobody else sees to; whether this asker can take it is not said. */
export const suspectsAnywhere = (e: Engine, { id }: Lease): boolean =>
  yes(e.statement('suspectPeek').get(e.time.now() - trialMs, id, e.time.monotonic(), e.time.boot))

/** How many jobs at once: a suspect comes alone. */
export const mostOf = (ask: Ask): number => (ask.alone ? Math.min(1, ask.limit) : ask.limit)

/** In the order of claim-previous.sql. */
type PreviousRow = readonly [
  id: string,
  outcome: number,
  endedAt: number,
  worker: string,
  error: ErrorInfo | null,
  reason: string | null,
]

/** The jobs with what became of the attempt before; reads nothing where all are claimed for the first time. */
export function withPrevious(e: Engine, jobs: readonly ClaimedJob[]): readonly ClaimedJob[] {
  const again = jobs.filter(({ attempt }) => attempt > 1).map(({ id }) => id)
  if (again.length === 0) return jobs
  const rows = readJson(e, 'claimPrevious', JSON.stringify(again)) as PreviousRow[]
  const known = new Map(rows.map((row) => [row[0], toPrevious(row)]))
  return jobs.map((job) => {
    const previous = known.get(job.id)
    return previous ? { ...job, previous } : job
  })
}

function toPrevious([, outcome, endedAt, worker, error, reason]: PreviousRow): Previous {
  const name = outcomes[outcome] as Previous['outcome']
  return { outcome: name, endedAt, worker, ...(error && { error }), ...(reason && { reason }) }
}

const codes = { retry: 0, fail: 1, dead: 2 } as const satisfies Record<OnCrash, number>
const onCrashes = Object.keys(codes) as OnCrash[]

export const onCrashOf = (code: number | null): OnCrash => onCrashes[code ?? 0] ?? 'retry'

/** Written apart, so that a job with the usual policy costs nothing. */
export const setOnCrash = (e: Engine, seq: number, onCrash: OnCrash): void =>
  void e.statement('onCrashSet').run(seq, codes[onCrash])

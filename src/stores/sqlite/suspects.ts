import { suspectLosses, trialMs } from '../../job/loss.ts'
import type { ClaimedJob, OnCrash } from '../../job/job.ts'
import type { Ask } from '../../store/contract.ts'
import { type PreviousRow, toPrevious } from './crossing/claims.ts'
import type { Ticket } from './ending.ts'
import { type Engine, readJson, yes } from './engine.ts'
import type { Lease } from './lease.ts'
import { kinds } from './lane-kinds.ts'
import { onCrashes } from './row.ts'

/** From then on a job is only claimed alone. */
export function markSuspect(e: Engine, seq: number): void {
  const { id } = e.statement('laneBeside').get(seq, kinds.suspects) as { id: number }
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

/** The jobs with what became of the attempt before; reads nothing where all are claimed for the first time. */
export function withPrevious(e: Engine, jobs: readonly ClaimedJob[]): readonly ClaimedJob[] {
  const again = jobs.filter(({ attempt }) => attempt > 1).map(({ id }) => id)
  if (again.length === 0) return jobs
  // The columns of claim-previous.sql.
  const rows = readJson(e, 'claimPrevious', JSON.stringify(again)) as [id: string, ...PreviousRow][]
  const known = new Map(rows.map(([id, ...row]) => [id, toPrevious(row)]))
  return jobs.map((job) => {
    const previous = known.get(job.id)
    return previous ? { ...job, previous } : job
  })
}

/** Written apart, so that a job with the usual policy costs nothing. */
export const setOnCrash = (e: Engine, seq: number, onCrash: OnCrash): void =>
  void e.statement('onCrashSet').run(seq, onCrashes.indexOf(onCrash))

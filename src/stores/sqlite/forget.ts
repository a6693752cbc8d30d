import { defaults } from '../../job/defaults.ts'
import { type Entry, stale } from '../../job/retention.ts'
import { type Engine, yes } from './engine.ts'

const { goneWorkers, audit, bulks } = defaults.keep

/** True when there is something to forget of what is no job. */
export function areForgotten(e: Engine): boolean {
  const now = e.time.now()
  const runners = [now - goneWorkers.ageMs, goneWorkers.count] as const
  const acts = [now - audit.ageMs, audit.count] as const
  return yes(e.statement('forgetPeek').get(...runners, ...acts, now - bulks.ageMs))
}

/** Forgets workers that are gone, what people did, and bulk operations, each after its time; a piece of each. */
export function forget(e: Engine, budget: number): void {
  const now = e.time.now()
  e.statement('runnerForgetOld').run(now - goneWorkers.ageMs, budget)
  e.statement('runnerForgetMany').run(goneWorkers.count, budget)
  e.statement('bulkForget').run(now - bulks.ageMs, budget)
  const acts = e.statement('auditOldest').all(budget) as unknown as Entry[]
  const { n: newest } = e.statement('auditNewest').get() as { n: number }
  const last = acts[stale(acts, audit, { now, newest }) - 1]
  if (last) e.statement('auditForget').run(last.n)
}

/** A worker's registration is over; attempts go on naming it. */
export function endWorker(e: Engine, id: number): void {
  e.statement('workerRemove').run(id)
  e.statement('runnerEnd').run(id, e.time.now())
}

import { overAt } from '../../job/bulk.ts'
import { defaults } from '../../job/defaults.ts'
import type { Instant, WorkerId } from '../../job/job.ts'
import { stale } from '../../job/retention.ts'
import type { Tables } from './tables.ts'

/** Who ever ran something, for attempts to name: the number of its registration, and since when it is gone. */
export type Runners = Map<WorkerId, { readonly n: number; goneAt?: Instant | undefined }>

const { goneWorkers, audit, bulks } = defaults.keep

/** A worker has registered. */
export function knowWorker({ retained }: Tables, worker: WorkerId): void {
  const n = retained.runners.get(worker)?.n ?? ++retained.registrations
  retained.runners.set(worker, { n })
}

/** A worker's registration is over; attempts go on naming it. */
export function endWorker(s: Tables, worker: WorkerId): void {
  const runner = s.workers.delete(worker) ? s.retained.runners.get(worker) : undefined
  if (runner) runner.goneAt = s.clock.now()
}

/** Forgets workers that are gone, what people did, and bulk operations, each after its time; a piece of each. */
export function forget(s: Tables, budget: number): void {
  const now = s.clock.now()
  const { runners, registrations } = s.retained
  const gone = [...runners].filter(([, { n, goneAt = Infinity }]) => goneAt < Infinity && n < registrations)
  const old = gone.filter(([, { goneAt = 0 }]) => goneAt <= now - goneWorkers.ageMs)
  const beyond = gone.filter(([, { n }]) => n <= registrations - goneWorkers.count)
  for (const [worker] of [...old.slice(0, budget), ...beyond.slice(0, budget)]) forgetWorker(s, worker)
  const over = [...s.dead.bulks.values()].filter((bulk) => (overAt(bulk) ?? Infinity) <= now - bulks.ageMs)
  for (const { id } of over.slice(0, budget)) s.dead.bulks.delete(id)
  const before = s.retained.forgottenActs
  const acts = s.audit.slice(0, budget).map(({ at }, i) => ({ at, n: before + i + 1 }))
  const most = stale(acts, audit, { now, newest: before + s.audit.length })
  s.audit.splice(0, most)
  s.retained.forgottenActs += most
}

function forgetWorker(s: Tables, worker: WorkerId): void {
  s.retained.runners.delete(worker)
  for (const { attempts } of s.rows.values())
    for (const [i, one] of attempts.entries())
      if (one.worker === worker) attempts[i] = { ...one, worker: 'forgotten', ranOn: 'forgotten' }
}

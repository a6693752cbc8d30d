import type { WorkerId } from '../../job/job.ts'
import type { Beat, Beaten, WorkerAbout } from '../../store/contract.ts'
import { cancelsOf } from './claim.ts'
import type { Ticket } from './ending.ts'
import type { Engine } from './engine.ts'
import { endWorker } from './forget.ts'
import { findWorker } from './lease.ts'
import { tasksText } from './row.ts'
import { settleApart } from './settle.ts'

/** Makes a worker's lease longer; the first time it registers the worker. */
export function beat(e: Engine, { worker, ttlMs, about, ending }: Beat): Beaten {
  const now = e.time.now()
  const ends = e.time.monotonic() + ttlMs
  const lease = findWorker(e, worker)
  if (!lease?.registered && about)
    return { lease: 'held', now, cancels: cancelsOf(e, register(e, { worker, about, ends })) }
  if (!lease?.held) return { lease: 'lost', now, cancels: [] }
  e.statement('workerBeat').run(lease.id, now, ends)
  if (ending) e.statement('workerEnding').run(lease.id)
  return { lease: 'held', now, cancels: cancelsOf(e, lease.id) }
}

function register(
  e: Engine,
  { worker, about, ends }: { worker: WorkerId; about: WorkerAbout; ends: number },
): number {
  const { host, pid, version, queues, concurrency, schedules, limits, tellsBegin } = about
  const { id } = e.statement('runnerAdd').get(worker, `${host}:${pid}`) as { id: number }
  e.statement('workerAdd').run(
    id,
    host,
    pid,
    version,
    JSON.stringify(queues),
    tasksText(about),
    concurrency,
    e.time.now(),
    ends,
    e.time.boot,
    schedules ? JSON.stringify(schedules) : null,
    limits ? JSON.stringify(limits) : null,
    tellsBegin ? 1 : null,
  )
  return id
}

/** A worker that ends well gives back what it still holds, without a loss. */
export function leave(e: Engine, worker: WorkerId): void {
  const lease = findWorker(e, worker)
  // Whose lease ran out has nothing to give back: its jobs are taken away as a loss, by whoever looks next.
  if (!lease?.held) return
  const held = e.statement('ticketHeld').all(lease.id, Number.MAX_SAFE_INTEGER) as Ticket[]
  settleApart(
    e,
    lease,
    held.map(({ id, fence }) => ({ id, fence, move: 'release' as const })),
  )
  endWorker(e, lease.id)
}

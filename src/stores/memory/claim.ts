import type { ClaimedJob } from '../../job/job.ts'
import { canRun } from '../../job/known.ts'
import type { Ask, CancelRequest, Claimed } from '../../store/index.ts'
import { isFor } from './elsewhere.ts'
import { suspectLane } from './lane.ts'
import { isHeld } from './lease.ts'
import { mostOf, previousOf, suspectsWait } from './suspects.ts'
import { move, type Row, readyOf, type Tables } from './tables.ts'
import { expire, lapseOverdue, promote } from './tend.ts'

/** Hands out ready jobs in order, after what time alone has changed, and after what this worker never received. */
export function claim(s: Tables, ask: Ask): Claimed {
  const now = s.clock.now()
  if (!isHeld(s, ask.worker)) return { lease: 'lost', jobs: [], cancels: [], now }
  if (ask.limit > 0) for (const chore of [lapseOverdue, promote, expire]) chore(s, 1_000)
  const jobs = take(s, ask)
  const nextDueAt = nextDue(s, ask.worker)
  return {
    lease: 'held',
    jobs: jobs.map(toClaimed),
    cancels: cancelsOf(s, ask.worker),
    now,
    ...(nextDueAt !== undefined && { nextDueAt }),
    ...(suspectsWait(s, ask) && { suspects: true }),
  }
}

/** First what was handed to this worker in a call whose answer it never received: same fence, same attempt. */
function take(s: Tables, ask: Ask): Row[] {
  const lost = [...s.running].filter((row) => row.holder === ask.worker && (row.call ?? 0) > ask.received)
  lost.sort((a, b) => a.fence - b.fence || a.seq - b.seq)
  const taken = lost.slice(0, ask.limit)
  // The next ask will name this call as received; what found no room now must still count as not received then.
  for (const row of lost.slice(ask.limit)) row.call = ask.call + 1
  for (const queue of rotate(ask.queues, ask.call)) {
    if (s.paused.has(queue.name)) continue
    const again = taken.filter((row) => row.job.queue === queue.name).length
    const room = Math.min(mostOf(ask) - taken.length, queue.limit - again)
    const lane = ask.alone ? suspectLane(queue.name) : queue.name
    const ready = readyOf(s, lane).filter((row) => canRun(ask.tasks, row.job) && isFor(s, row, ask.worker))
    for (const row of ready.slice(0, Math.max(0, room))) taken.push(start(s, row, ask))
  }
  return taken
}

function start(s: Tables, row: Row, ask: Ask): Row {
  const now = s.clock.now()
  row.fence += 1
  row.attempt += 1
  // A started job has outlived its ttl; its deadline stays.
  row.expiresAt = row.job.deadlineMs === undefined ? undefined : enqueuedAt(row) + row.job.deadlineMs
  move(s, row, 'running')
  row.holder = ask.worker
  row.call = ask.call
  row.startedAt = now
  row.progress = row.avoids = undefined
  return row
}

/** From when ttl and deadline count: the enqueue, or the last time that a person brought the job back. */
export const enqueuedAt = (row: Row): number => row.revivedAt ?? row.createdAt

const toClaimed = (row: Row): ClaimedJob => ({
  id: row.job.id,
  task: row.job.task,
  queue: row.job.queue,
  payload: row.job.payload,
  version: row.job.version,
  fence: row.fence,
  attempt: row.attempt,
  failures: row.failures,
  losses: row.losses,
  maxAttempts: row.job.maxAttempts,
  createdAt: row.createdAt,
  startedAt: row.startedAt ?? row.createdAt,
  ...(row.expiresAt !== undefined && { deadlineAt: row.expiresAt }),
  ...(row.checkpoint !== undefined && { checkpoint: row.checkpoint }),
  ...(row.job.onCrash && row.job.onCrash !== 'retry' && { onCrash: row.job.onCrash }),
  ...(row.suspect && { suspect: true }),
  ...previousOf(row),
  ...(row.slot && { schedule: row.slot.facts }),
})

export function cancelsOf(s: Tables, worker: string): CancelRequest[] {
  const asked = [...s.running].filter((row) => row.holder === worker && row.cancelRequested !== undefined)
  asked.sort((a, b) => a.seq - b.seq)
  return asked.map((row) => ({ id: row.job.id, fence: row.fence, reason: row.cancelRequested ?? '' }))
}

/** The next instant at which time alone may bring work: a due job, or another worker's lease that runs out. */
function nextDue(s: Tables, worker: string): number | undefined {
  const leases = [...s.workers.values()]
    .filter((w) => w.id !== worker)
    .map((w) => s.clock.now() + w.leaseEndsAt - s.clock.monotonic())
  const due = Math.min(...[...s.scheduled].map((row) => row.availableAt), ...leases)
  return due === Infinity ? undefined : Math.ceil(due)
}

const rotate = <T>(items: readonly T[], by: number): T[] => {
  const at = items.length ? by % items.length : 0
  return [...items.slice(at), ...items.slice(0, at)]
}

import type { ClaimedJob } from '../../job/job.ts'
import type { Ask, CancelRequest } from '../../store/contract.ts'
import type { ClaimedRows, Handed } from './crossing/claims.ts'
import { type Engine, type Lane, newTally, yes } from './engine.ts'
import { findWorker, type Lease } from './lease.ts'
import { type Asker, endElsewhere, headElsewhere } from './elsewhere.ts'
import { kinds } from './lane-kinds.ts'
import { headsOf, lanesFor } from './lanes.ts'
import { codeOf, onCrashOf } from './row.ts'
import { mostOf, suspectsAnywhere, withPrevious } from './suspects.ts'
import { withSlots } from './slots.ts'
import { expire, isDue, lapseOverdue, promote } from './tend.ts'

/** Rows that one claim may change by time alone, and expired rows that it may pass over, in each queue. */
const upkeepRows = 1_000

/** Hands out ready jobs in order, after what time alone has changed, and after what this worker never received. */
export function claim(e: Engine, ask: Ask): ClaimedRows {
  const lease = findWorker(e, ask.worker)
  if (!lease?.held) return lost(e)
  if (ask.limit > 0 && isDue(e)) {
    lapseOverdue(e, upkeepRows)
    promote(e, upkeepRows)
    expire(e, upkeepRows)
  }
  return held(e, { lease, ask, jobs: take(e, lease, ask) })
}

/** The answer to a claim that would change nothing, found without the write lock; `undefined` when there may be work. */
export function idleClaim(e: Engine, ask: Ask): ClaimedRows | undefined {
  const lease = findWorker(e, ask.worker)
  if (!lease?.held) return lost(e)
  if (ask.limit > 0 && isDue(e)) return undefined
  if (yes(e.statement('againPeek').get(lease.id, ask.received))) return undefined
  if (
    ask.limit > 0 &&
    ask.queues.some((queue) => queue.limit > 0 && hasReady(e, { id: lease.id, queue: queue.name }, ask))
  )
    return undefined
  return held(e, { lease, ask, jobs: [] })
}

const lost = (e: Engine): ClaimedRows => ({ lease: 'lost', jobs: [], cancels: [], now: e.time.now() })

interface Answer {
  readonly lease: Lease
  readonly ask: Ask
  readonly jobs: ClaimedRows['jobs']
}

function held(e: Engine, { lease, ask, jobs }: Answer): ClaimedRows {
  const nextDueAt = nextDue(e, lease)
  return {
    lease: 'held',
    jobs,
    cancels: cancelsOf(e, lease.id),
    now: e.time.now(),
    ...(nextDueAt !== undefined && { nextDueAt }),
    ...(suspectsWait(e, lease, ask) && { suspects: true }),
  }
}

interface QueueRow {
  readonly id: number
  readonly paused: number
}

/** The number of a queue that exists and is not paused. */
function openQueue(e: Engine, name: string): number | undefined {
  const row = e.statement('queueFind').get(name) as QueueRow | undefined
  return row && row.paused === 0 ? row.id : undefined
}

function hasReady(e: Engine, asker: Asker, ask: Ask): boolean {
  const id = openQueue(e, asker.queue)
  if (id === undefined) return false
  return lanesFor(e, id, ask).some((lane) => {
    if (!yes(e.statement('readyPeek').get(lane.id))) return false
    const few = { limit: 1, rows: upkeepRows, now: e.time.now() }
    return lane.kind !== kinds.elsewhere || headElsewhere(e, { lane, ...few, asker }).length > 0
  })
}

/** Whether this worker should make room for a suspect that it can run. */
function suspectsWait(e: Engine, lease: Lease, ask: Ask): boolean {
  if (ask.limit === 0 || !suspectsAnywhere(e, lease)) return false
  return ask.queues.some(
    ({ name, limit }) => limit > 0 && hasReady(e, { id: lease.id, queue: name }, { ...ask, alone: true }),
  )
}

function take(e: Engine, lease: Lease, ask: Ask): ClaimedRows['jobs'] {
  const again = takeAgain(e, lease, ask)
  const taken: (ClaimedJob | Handed)[] = [...withSlots(e, withPrevious(e, again))]
  let left = mostOf(ask) - again.length
  for (const queue of rotate(ask.queues, ask.call)) {
    const had = again.filter((job) => job.queue === queue.name).length
    const wanted = { lease, ask, queue: queue.name, room: Math.min(left, queue.limit - had) }
    for (const { n, ...handed } of takeReady(e, wanted)) {
      taken.push(handed)
      left -= n
    }
  }
  return taken
}

interface ClaimRow {
  readonly seq: number
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly version: number
  readonly fence: number
  readonly attempt: number
  readonly failures: number
  readonly losses: number
  readonly max_attempts: number
  readonly created_at_ms: number
  readonly started_at_ms: number
  readonly deadline_at_ms: number | null
  readonly suspect: number | null
  readonly on_crash: number | null
  readonly payload: string
  readonly checkpoint: string | null
}

/** What was handed to this worker in a call whose answer it never received: same fence, same attempt. */
function takeAgain(e: Engine, lease: Lease, ask: Ask): ClaimedJob[] {
  if (!yes(e.statement('againPeek').get(lease.id, ask.received))) return []
  const rows = e.statement('claimAgain').all(lease.id, ask.received, Math.max(0, ask.limit)) as ClaimRow[]
  const seqs = JSON.stringify(rows.map((row) => row.seq))
  // The next ask will name this call as received; what found no room now must still count as not received then.
  e.statement('claimAgainLater').run(lease.id, ask.received, seqs, ask.call + 1)
  return rows.map(toClaimed)
}

interface Wanted {
  readonly lease: Lease
  readonly ask: Ask
  readonly queue: string
  readonly room: number
}

/** Rows of one read: a JSON text of SQLite ends at a billion bytes, and a payload may have a million. */
const rowsOfRead = 200

type Taken = Handed & { readonly n: number }

function takeReady(e: Engine, wanted: Wanted): Taken[] {
  const id = wanted.room > 0 ? openQueue(e, wanted.queue) : undefined
  const lanes = id === undefined ? [] : lanesFor(e, id, wanted.ask)
  if (id === undefined || lanes.length === 0) return []
  const taken: Taken[] = []
  let left = wanted.room
  for (let more = true; more; ) {
    const limit = Math.min(rowsOfRead, left)
    const now = e.time.now()
    const asker = { id: wanted.lease.id, queue: wanted.queue }
    const seqs = headsOf(e, { lanes, limit, spare: upkeepRows, now, asker })
    if (seqs.length > 0) taken.push(start(e, wanted, { queueId: id, seqs, now, lanes }))
    left -= seqs.length
    more = seqs.length > 0 && left > 0
  }
  return taken
}

interface Chosen {
  readonly queueId: number
  readonly seqs: readonly number[]
  readonly now: number
  readonly lanes: readonly Lane[]
}

function start(e: Engine, { lease, ask, queue }: Wanted, { queueId, seqs, now, lanes }: Chosen): Taken {
  const list = JSON.stringify(seqs)
  e.statement('claimStart').run(lease.id, ask.call, now, list)
  if (lanes.some(({ kind }) => kind === kinds.elsewhere)) endElsewhere(e, list)
  const tally = newTally(e)
  tally.add(queueId, codeOf.ready, -seqs.length)
  tally.add(queueId, codeOf.running, seqs.length)
  tally.write()
  const { json } = e.statement('claimBody').get(list) as { json: string }
  const n = seqs.length
  return { queue, startedAt: now, rows: json, n, ...(ask.alone && { suspect: ask.alone }) }
}

const toClaimed = (row: ClaimRow): ClaimedJob => ({
  id: row.id,
  task: row.task,
  queue: row.queue,
  payload: row.payload,
  version: row.version,
  fence: row.fence,
  attempt: row.attempt,
  failures: row.failures,
  losses: row.losses,
  maxAttempts: row.max_attempts,
  createdAt: row.created_at_ms,
  startedAt: row.started_at_ms,
  ...(row.deadline_at_ms !== null && { deadlineAt: row.deadline_at_ms }),
  ...(row.checkpoint !== null && { checkpoint: row.checkpoint }),
  ...(row.on_crash && { onCrash: onCrashOf(row.on_crash) }),
  ...(row.suspect === 1 && { suspect: true }),
})

/** Jobs that this worker holds and that were asked to stop. */
export function cancelsOf(e: Engine, holderId: number): CancelRequest[] {
  const rows = e.statement('cancels').all(holderId) as CancelRequest[]
  return rows.map(({ id, fence, reason }) => ({ id, fence, reason }))
}

/** The next instant at which time alone may bring work: a due job, or another worker's lease that runs out. */
function nextDue(e: Engine, lease: Lease): number | undefined {
  const row = e.statement('nextDue').get(lease.id, e.time.boot) as {
    job_at_ms: number | null
    lease_mono_ms: number | null
  }
  const leaseAt =
    row.lease_mono_ms === null ? Infinity : e.time.now() + row.lease_mono_ms - e.time.monotonic()
  const due = Math.min(row.job_at_ms ?? Infinity, leaseAt)
  return due === Infinity ? undefined : Math.ceil(due)
}

function rotate<T>(items: readonly T[], by: number): readonly T[] {
  const at = items.length ? by % items.length : 0
  return at === 0 ? items : [...items.slice(at), ...items.slice(0, at)]
}

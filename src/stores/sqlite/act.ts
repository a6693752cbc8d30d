import { isSlotId } from '../../job/schedule.ts'
import type { Acted, Order } from '../../store/contract.ts'
import { type Change, finish, newChange, type Ticket, write } from './ending.ts'
import { type Engine, queueId } from './engine.ts'
import { sortKey } from './place.ts'
import { laneId } from './lanes.ts'
import type { Bulk, BulkStep, DeadJob } from '../../job/bulk.ts'
import { close } from './closing.ts'
import { risen } from './dead.ts'
import { drop } from './drop.ts'
import { takeKeyAgain, twinOf } from './keys.ts'
import { rewrite } from './edit.ts'
import { codeOf, outcomes, stateOf } from './row.ts'
import { slotOver, slotRevived } from './slots.ts'

/** What a person asks of jobs; written to the audit log. */
export function act(e: Engine, { verb, ids, by, reason }: Order): Acted[] {
  const change = newChange(e)
  const answers = ids.map((id): Acted => {
    const job = find(e, id)
    if (!job) return { outcome: 'gone' }
    const twin = verb === 'retry' && isFinalCode(job.state) ? twinOf(change, job.seq) : undefined
    if (twin !== undefined) return { outcome: 'refused', state: stateOf(job.state), twin }
    const isOpen = !isFinalCode(job.state) && job.state !== codeOf.running
    const why = { by, ...(reason !== undefined && { reason }) }
    if (isOpen && verb === 'cancel') close(e, [job], { how: 'cancelled', ...why })
    if (isOpen && verb === 'remove') close(e, [job], { how: 'removed', ...why })
    const outcome = verbs[verb](change, job, reason ?? `by ${by}`)
    write(change)
    if (outcome !== 'refused') e.statement('auditAdd').run(change.now, by, verb, id, reason ?? null)
    return { outcome, state: stateNow(e, id) ?? (isFinalCode(job.state) ? stateOf(job.state) : 'cancelled') }
  })
  return answers
}

/** The row of `job-to-act.sql`: the state is of the ticket, or of the history where `final`. */
interface Target extends Ticket {
  readonly deadline_ms: number | null
  readonly task_id: number
  readonly version: number
}

const find = (e: Engine, id: string): Target | undefined =>
  e.statement('jobToAct').get(id) as Target | undefined

type Verb = (change: Change, job: Target, reason: string) => 'done' | 'asked' | 'refused'

const isFinalCode = (state: number): boolean => state >= codeOf.completed

const verbs: Readonly<Record<Order['verb'], Verb>> = {
  cancel(change, job, reason) {
    if (isFinalCode(job.state)) return 'refused'
    if (job.state === codeOf.running) {
      change.e.statement('ticketCancel').run(job.seq, reason)
      return 'asked'
    }
    finish(change, job, { state: 'cancelled', reason })
    return 'done'
  },
  retry(change, job) {
    if (job.state === codeOf.scheduled && waitsForRetry(change.e, job.seq))
      return verbs.promote(change, job, '')
    if (!isFinalCode(job.state)) return 'refused'
    return revive(change, job)
  },
  promote({ e, now, tally }, job) {
    if (job.state !== codeOf.scheduled) return 'refused'
    e.statement('ticketPromote').run(job.seq, now, sortKey(now, job.priority))
    tally.add(job.queue_id, codeOf.scheduled, -1)
    tally.add(job.queue_id, codeOf.ready, 1)
    return 'done'
  },
  remove({ e, tally, schedules }, job) {
    if (job.state === codeOf.running) return 'refused'
    remove({ e, tally, schedules }, [job])
    return 'done'
  },
}

/** Brings a final job back, with a new deadline and no failures; fence and attempt go on rising. */
function revive({ e, now, tally }: Change, job: Target, to = job.queue_id): 'done' | 'refused' {
  const { seq, queue_id, priority, state, deadline_ms } = job
  if (state === codeOf.dead) risen(e, [seq])
  e.statement('ticketRevive').run(
    seq,
    laneId(e, to, job.task_id, job.version),
    now,
    sortKey(now, priority),
    deadline_ms === null ? null : now + deadline_ms,
    to,
  )
  if (to !== queue_id) e.statement('jobRequeue').run(seq, to)
  e.statement('dropHistory').run(JSON.stringify([seq]))
  // Done work is done anew; what failed goes on from where it had come.
  if (state === codeOf.completed) e.statement('dropCheckpoint').run(JSON.stringify([seq]))
  takeKeyAgain({ e, now }, seq)
  tally.add(queue_id, state, -1)
  tally.add(to, codeOf.ready, 1)
  slotRevived(e, job)
  return 'done'
}

/** Brings dead jobs back, to their own queue or another; answers which of them it did. */
export function reviveDead(
  e: Engine,
  jobs: BulkStep['jobs'],
  { to, by, kind, id: bulk }: Bulk,
): readonly string[] {
  const change = newChange(e)
  const queue = to === undefined ? undefined : queueId(e, to)
  const reason = `${kind} ${bulk}`
  const done = jobs.filter(({ id, payload, version, key }) => {
    const job = find(e, id)
    // Whoever holds its unique key now comes first.
    if (job?.state !== codeOf.dead || twinOf(change, job.seq, key) !== undefined) return false
    const edited = payload === undefined ? job : { ...job, version: version ?? job.version }
    if (payload !== undefined)
      rewrite(e, edited, { payload, version: edited.version, by, reason, ...(key && { key }) })
    return revive(change, edited, queue) === 'done'
  })
  write(change)
  return done.map(({ id }) => id)
}

/** Removes dead jobs; answers which of them it did. */
export function removeDead(e: Engine, jobs: readonly DeadJob[]): readonly string[] {
  const change = newChange(e)
  const found = jobs.map(({ id }) => find(e, id)).filter((job) => job?.state === codeOf.dead) as Target[]
  remove(change, found)
  write(change)
  return found.map(({ id }) => id)
}

type Removing = Pick<Change, 'e' | 'tally' | 'schedules'>

function remove({ e, tally, schedules }: Removing, jobs: readonly Target[]): void {
  for (const { id, seq } of jobs) if (isSlotId(id)) slotOver(e, seq, schedules)
  risen(
    e,
    jobs.filter(({ state }) => state === codeOf.dead).map(({ seq }) => seq),
  )
  drop(
    e,
    jobs.map(({ seq }) => seq),
  )
  for (const { queue_id, state } of jobs) tally.add(queue_id, state, -1)
}

function waitsForRetry(e: Engine, seq: number): boolean {
  const last = e.statement('attemptLast').get(seq) as { outcome: number } | undefined
  return last !== undefined && outcomes[last.outcome] === 'retry'
}

/** Undefined once it is removed; a live job is cancelled by that. */
function stateNow(e: Engine, id: string) {
  const row = find(e, id)
  return row && stateOf(row.state)
}

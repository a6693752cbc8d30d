import { utf8Bytes } from '../../job/text.ts'
import {
  asksBytes,
  boundsOf,
  type Finished,
  isWeighed,
  keepUntil,
  orderedAs,
  type Ordered,
  type RetentionOrder,
  rowBytes,
  type Rule,
  showPolicy,
  type Standing,
  surplus,
} from '../../job/retention.ts'
import type { Sample } from '../../job/growth.ts'
import { type FinalState, isFinal } from '../../job/state.ts'
import { holdsUntil } from '../../job/unique.ts'
import { remove } from './act.ts'
import type { Runners } from './forget.ts'
import type { Row, Tables } from './tables.ts'

/** What is kept: the policy for finished jobs, and what is known of the rest. */
export interface Retained {
  standing?: Standing | undefined
  readonly runners: Runners
  registrations: number
  /** Entries that the audit log has had and no longer has. */
  forgottenActs: number
  samples: readonly Sample[]
}
export const newRetained = (): Retained => ({
  runners: new Map(),
  registrations: 0,
  forgottenActs: 0,
  samples: [],
})

/** A job has just ended. */
export function finish(s: Tables, row: Row): void {
  row.finishedAt = s.clock.now()
  row.expiresAt = row.cancelRequested = row.avoids = undefined
  weigh(s, row)
}

/** Gives a finished job the time and the weight that the policy says. */
function weigh(s: Tables, row: Row): void {
  const { policy } = s.retained.standing ?? {}
  const { queue, retain, unique } = row.job
  // Only finished jobs come here.
  const state = row.state as FinalState
  const heldUntil = unique?.states.includes(state) ? holdsUntil(unique, row.createdAt) : undefined
  const job: Finished = { state, queue, retain, finishedAt: row.finishedAt ?? 0, heldUntil }
  row.keepUntil = keepUntil(policy, job)
  row.bytes = policy && isWeighed(policy, job) ? (asksBytes(policy) ? bytesOf(row) : 0) : undefined
}

function bytesOf({ job, result = '', attempts, logs }: Row): number {
  const errors = attempts.map(
    ({ error }) => rowBytes.attempt + (error ? utf8Bytes(JSON.stringify(error)) : 0),
  )
  const lines = logs.map(({ message, data = '' }) => utf8Bytes(message) + utf8Bytes(data))
  const texts = utf8Bytes(job.payload) + utf8Bytes(result)
  return [...errors, ...lines].reduce((sum, n) => sum + n, rowBytes.job + texts)
}

const finishedOf = (s: Tables): Row[] => [...s.rows.values()].filter(({ state }) => isFinal(state))

export function setRetention(s: Tables, order: RetentionOrder): Ordered {
  const ordered = orderedAs(s.retained.standing, order)
  if (ordered !== 'set') return ordered
  const { to, by, deployedAt } = order
  const at = s.clock.now()
  s.retained.standing = to
    ? { policy: structuredClone(to), by, at, ...(deployedAt !== undefined && { deployedAt }) }
    : undefined
  for (const row of finishedOf(s)) weigh(s, row)
  const reason = to ? showPolicy(to) : undefined
  s.audit.push({ at, by, verb: to ? 'retain' : 'unretain', target: 'store', reason })
  return 'set'
}

/** Removes finished jobs whose time is over, and the oldest of those that are too many or too large. */
export function retain(s: Tables, budget: number): number {
  const now = s.clock.now()
  const over = finishedOf(s).filter((row) => (row.keepUntil ?? Infinity) <= now)
  over.sort((a, b) => (a.keepUntil ?? 0) - (b.keepUntil ?? 0) || a.seq - b.seq)
  const gone = over.slice(0, budget)
  for (const row of gone) remove(s, row)
  const { policy } = s.retained.standing ?? {}
  return (policy ? boundsOf(policy) : []).reduce((n, rule) => n + trim(s, rule, budget - n), gone.length)
}

function trim(s: Tables, { queue, state, limit }: Rule, budget: number): number {
  const kept = finishedOf(s).filter(
    (row) => row.state === state && (queue === undefined || row.job.queue === queue),
  )
  const bytes = kept.reduce((sum, row) => sum + (row.bytes ?? 0), 0)
  const oldest = kept
    .filter((row) => row.bytes !== undefined)
    .sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0) || a.seq - b.seq)
    .slice(0, budget)
  const weights = oldest.map((row) => row.bytes ?? 0)
  const gone = oldest.slice(0, surplus(limit, { count: kept.length, bytes }, weights))
  for (const row of gone) remove(s, row)
  return gone.length
}

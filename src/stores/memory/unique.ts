import type { Accepted, NewJob } from '../../job/job.ts'
import { replacedAt } from '../../job/unique.ts'
import { earliest } from './enqueue.ts'
import { holderOf, stateNow } from './keys.ts'
import { move, type Row, type Tables } from './tables.ts'

/** What becomes of a newcomer whose key is held; `undefined` where it is not, or there is no key. */
export function meetTwin(s: Tables, job: NewJob): Accepted | undefined {
  const twin = job.unique && holderOf(s, job.unique.key)
  if (!job.unique || !twin) return undefined
  const { id, task } = twin.job
  const isReplaced = job.unique.onConflict !== 'return' && replace(s, twin, job)
  return { id, outcome: isReplaced ? 'replaced' : 'existing', state: stateNow(s, twin), task }
}

/** A waiting twin takes what the newcomer says; it keeps its id, its queue, its key and what has happened to it. */
function replace(s: Tables, twin: Row, newcomer: NewJob): boolean {
  const state = stateNow(s, twin)
  if (state !== 'scheduled' && state !== 'ready') return false
  const { id, queue, unique, priority } = twin.job
  const now = s.clock.now()
  const availableAt = replacedAt(twin, newcomer, now)
  // Out of the old place in the line, which its time and priority tell.
  move(s, twin, 'scheduled')
  const keeps = { id, queue, unique, ...(newcomer.unique?.onConflict === 'latest' && { priority }) }
  twin.job = { ...newcomer, ...keeps } as NewJob
  twin.availableAt = availableAt
  twin.revivedAt = now
  // Where another input had come is no place for this one to go on from.
  twin.checkpoint = undefined
  twin.avoids = undefined
  twin.expiresAt = earliest(twin.attempt > 0 ? undefined : newcomer.ttlMs, newcomer.deadlineMs, now)
  move(s, twin, availableAt > now ? 'scheduled' : 'ready')
  return true
}

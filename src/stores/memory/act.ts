import { isFinal } from '../../job/state.ts'
import type { Acted, Order } from '../../store/index.ts'
import { close } from './closing.ts'
import { earliest } from './enqueue.ts'
import { dropKey, twinOf } from './keys.ts'
import { risen } from './dead.ts'
import { move, type Row, type Tables } from './tables.ts'

/** What a person asks of jobs; written to the audit log. */
export function act(s: Tables, { verb, ids, by, reason }: Order): Acted[] {
  return ids.map((id) => {
    const row = s.rows.get(id)
    if (!row) return { outcome: 'gone' }
    const twin = verb === 'retry' && isFinal(row.state) ? twinOf(s, row) : undefined
    if (twin) return { outcome: 'refused', state: row.state, twin: twin.job.id }
    const before = row.state
    const outcome = verbs[verb](s, row, reason ?? `by ${by}`)
    const how = verb === 'cancel' ? 'cancelled' : 'removed'
    if (outcome === 'done' && (verb === 'cancel' || verb === 'remove') && !isFinal(before))
      close(s, row, { how, by, ...(reason !== undefined && { reason }) })
    if (outcome !== 'refused') s.audit.push({ at: s.clock.now(), by, verb, target: id, reason })
    return { outcome, state: row.state }
  })
}

type Verb = (s: Tables, row: Row, reason: string) => 'done' | 'asked' | 'refused'

const verbs: Readonly<Record<Order['verb'], Verb>> = {
  cancel(s, row, reason) {
    if (isFinal(row.state)) return 'refused'
    if (row.state === 'running') {
      row.cancelRequested ??= reason
      return 'asked'
    }
    row.reason = reason
    move(s, row, 'cancelled')
    return 'done'
  },
  retry(s, row) {
    if (row.state === 'scheduled' && row.attempts.at(-1)?.outcome === 'retry')
      return verbs.promote(s, row, '')
    return isFinal(row.state) ? revive(s, row) : 'refused'
  },
  promote(s, row) {
    if (row.state !== 'scheduled') return 'refused'
    row.availableAt = s.clock.now()
    move(s, row, 'ready')
    return 'done'
  },
  remove(s, row) {
    if (row.state === 'running') return 'refused'
    if (!isFinal(row.state)) move(s, row, 'cancelled')
    remove(s, row)
    return 'done'
  },
}

/** Brings a final job back, with a new deadline and no failures; `queue` is another one for it to go to. */
export function revive(s: Tables, row: Row, queue = row.job.queue): 'done' | 'refused' {
  const now = s.clock.now()
  // Done work is done anew; what failed goes on from where it had come.
  if (row.state === 'completed') row.checkpoint = undefined
  Object.assign(row, {
    failures: 0,
    losses: 0,
    suspect: false,
    result: undefined,
    reason: undefined,
    finishedAt: undefined,
    keepUntil: undefined,
  })
  row.revivedAt = row.availableAt = now
  row.expiresAt = earliest(undefined, row.job.deadlineMs, now)
  row.job = { ...row.job, queue }
  move(s, row, 'ready')
  return 'done'
}

/** Deletes a final job with everything that belongs to it. */
export function remove(s: Tables, row: Row): void {
  risen(s, row)
  dropKey(s, row)
  s.rows.delete(row.job.id)
}

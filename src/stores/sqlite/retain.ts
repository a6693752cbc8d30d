import {
  asksBytes,
  boundsOf,
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
import type { FinalState } from '../../job/state.ts'
import { risen } from './dead.ts'
import { drop } from './drop.ts'
import { type Engine, newTally, yes } from './engine.ts'
import { codeOf, retention, stateOf } from './row.ts'

/** Where the policy stands in the table of facts about the store, and how far it has looked at what was there before. */
const key = { policy: 'retention', walk: 'retention-walk' } as const

const read = (e: Engine, name: string): string | undefined =>
  (e.statement('placeFind').get(name) as { value: string } | undefined)?.value

/** The policy that stands: one search in a small table, and nothing more for whoever has none. */
export function retentionGet(e: Engine): Standing | undefined {
  const text = read(e, key.policy)
  // The row holds what `setRetention` wrote.
  return text === undefined ? undefined : (JSON.parse(text) as Standing)
}

/** Jobs looked at when a policy is set; `tend` goes on with the rest. */
const atOnce = 1_000

export function setRetention(e: Engine, order: RetentionOrder): Ordered {
  const ordered = orderedAs(retentionGet(e), order)
  if (ordered !== 'set') return ordered
  const { to, by, deployedAt } = order
  const at = e.time.now()
  const next = to && { policy: to, by, at, ...(deployedAt !== undefined && { deployedAt }) }
  if (next) e.statement('placeKeep').run(key.policy, JSON.stringify(next))
  else e.statement('placeDrop').run(key.policy)
  e.statement('placeKeep').run(key.walk, '0')
  e.statement('auditAdd').run(at, by, to ? 'retain' : 'unretain', 'store', to && showPolicy(to))
  walk(e, atOnce)
  return 'set'
}

/** Looks at a piece of what ended before the policy was set; true while there is more. */
function walk(e: Engine, budget: number): boolean {
  const place = read(e, key.walk)
  if (place === undefined) return false
  const seqs = (e.statement('retentionWalk').all(Number(place), budget) as { seq: number }[]).map(
    ({ seq }) => seq,
  )
  weigh(e, retentionGet(e), JSON.stringify(seqs))
  const last = seqs.at(-1)
  const isOver = last === undefined || seqs.length < budget
  if (isOver) e.statement('placeDrop').run(key.walk)
  else e.statement('placeKeep').run(key.walk, String(last))
  return !isOver
}

/** Jobs have just ended: of those the policy says something else than their task, where there is a policy. */
export function weighFinals(e: Engine, seqs: () => string): void {
  const now = retentionGet(e)
  if (now) weigh(e, now, seqs())
}

/** The same for jobs that were simply done, whose attempts come after this one. */
export const weighDone = (e: Engine, before: number): void =>
  weighFinals(e, () => (e.statement('retentionSeqs').get(before) as { json: string }).json)

/** The columns of `retention-weigh.sql`. */
interface WeighRow {
  readonly seq: number
  readonly state: number
  readonly queue: string
  readonly finished_at_ms: number
  readonly retain: string | null
  readonly held_until_ms: number | null
  readonly bytes: number
}

/** Gives finished jobs the time and the weight that the policy says. */
function weigh(e: Engine, now: Standing | undefined, seqs: string): void {
  const policy = now?.policy
  const measures = policy && asksBytes(policy) ? 1 : 0
  const rows = e
    .statement('retentionWeigh')
    .all(seqs, measures, rowBytes.job, rowBytes.attempt) as unknown as WeighRow[]
  const weighed = rows.map((row) => {
    const { held_until_ms: held } = row
    const job = {
      // A row of the history is of a final state.
      state: stateOf(row.state) as FinalState,
      queue: row.queue,
      retain: retention(row.retain),
      finishedAt: row.finished_at_ms,
      heldUntil: held === 0 ? undefined : (held ?? Infinity),
    }
    return [row.seq, keepUntil(policy, job) ?? null, isWeighed(policy, job) ? row.bytes : null]
  })
  if (weighed.length > 0) e.statement('retentionWeighed').run(JSON.stringify(weighed))
}

interface FinishedRow {
  readonly seq: number
  readonly state: number
  readonly queue_id: number
}

/** Removes finished jobs whose time is over, and the oldest of those that are too many or too large. */
export function retain(e: Engine, budget: number): { readonly removed: number; readonly more: boolean } {
  const isWalking = walk(e, budget)
  const over = e.statement('historyOver').all(e.time.now(), budget) as unknown as FinishedRow[]
  removeFinished(e, over)
  let removed = over.length
  for (const rule of bounds(e)) {
    const rows = beyond(e, rule, budget - removed)
    removeFinished(e, rows)
    removed += rows.length
  }
  return { removed, more: isWalking }
}

/** True when `retain` would find something. */
export const isOverdue = (e: Engine): boolean =>
  yes(e.statement('retainPeek').get(e.time.now())) ||
  read(e, key.walk) !== undefined ||
  bounds(e).some((rule) => beyond(e, rule, 1).length > 0)

function bounds(e: Engine): readonly Rule[] {
  const now = retentionGet(e)
  return now ? boundsOf(now.policy) : []
}

/** The oldest jobs that have to go by one rule: from counters and the head of an index, whatever is kept. */
function beyond(e: Engine, { queue, state, limit }: Rule, most: number): readonly FinishedRow[] {
  if (most <= 0) return []
  const code = codeOf[state]
  const found =
    queue === undefined ? null : (e.statement('queueFind').get(queue) as { id: number } | undefined)
  if (found === undefined) return []
  const kept = e.statement('retentionKept').get(code, found?.id ?? null) as { count: number; bytes: number }
  if (surplus(limit, kept, [1]) === 0) return []
  const rows = (found === null
    ? e.statement('retentionOldest').all(code, most)
    : e.statement('retentionOldestQueue').all(code, most, found.id)) as unknown as (FinishedRow & {
    readonly bytes: number
  })[]
  return rows.slice(
    0,
    surplus(
      limit,
      kept,
      rows.map(({ bytes }) => bytes),
    ),
  )
}

function removeFinished(e: Engine, rows: readonly FinishedRow[]): void {
  if (rows.length === 0) return
  const tally = newTally(e)
  for (const { state, queue_id } of rows) tally.add(queue_id, state, -1)
  risen(
    e,
    rows.filter(({ state }) => state === codeOf.dead).map(({ seq }) => seq),
  )
  drop(
    e,
    rows.map(({ seq }) => seq),
  )
  tally.write()
}

import { isFinal } from '../../job/state.ts'
import type { Found, Where } from '../../store/contract.ts'
import type { Value } from './driver.ts'
import type { Engine } from './engine.ts'
import { asJob } from './look.ts'
import { codeOf, type JobRow } from './row.ts'

/** Rows that one call looks at. A rare kind of job may need several calls: the page is short then, and has a cursor. */
const lookAt = 20_000

/** Newest first. The narrowest index drives the search, the other conditions are checked on its rows. */
export function find(
  e: Engine,
  where: Where,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Found {
  const keys = keysOf(e, where)
  if (keys === 'nothing' || limit <= 0) return { jobs: [] }
  const { driver, key } = drive(where, keys)
  const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number.parseInt(cursor, 36)
  const floor = e.statement(`${driver}Floor`).get(before, lookAt, key) as { seq: number } | undefined
  const values: Value[] = [
    before,
    floor?.seq ?? 0,
    limit + 1,
    keys.queueId,
    keys.taskId,
    keys.states,
    where.tag ?? null,
  ]
  if (driver === 'findUnfinished') values.push(key)
  const seqs = (e.statement(driver).all(...values) as { seq: number }[]).map((row) => row.seq)
  const page = seqs.slice(0, limit)
  const next = seqs.length > limit ? page.at(-1) : floor?.seq
  const rows = e.statement('jobBySeq').all(JSON.stringify(page)) as JobRow[]
  return { jobs: rows.map((row) => asJob(e, row)), ...(next !== undefined && { cursor: next.toString(36) }) }
}

interface Keys {
  readonly queueId: number | null
  readonly taskId: number | null
  /** json list of state codes */
  readonly states: string | null
}

/** The numbers of the names that are searched for; `nothing` when one was never heard of. */
function keysOf(e: Engine, { queue, task, states }: Where): Keys | 'nothing' {
  const queueId = queue === undefined ? null : idOf(e.statement('queueFind').get(queue))
  const taskId = task === undefined ? null : idOf(e.statement('taskFind').get(task))
  if (queueId === undefined || taskId === undefined || states?.length === 0) return 'nothing'
  return { queueId, taskId, states: states ? JSON.stringify(states.map((state) => codeOf[state])) : null }
}

const idOf = (row: unknown): number | undefined => (row as { id: number } | undefined)?.id

type Driver = 'findTag' | 'findUnfinished' | 'findTask' | 'findQueue' | 'findLive' | 'findFinal' | 'findJob'

function drive(
  { states, queue, task, tag }: Where,
  { queueId, taskId }: Keys,
): { driver: Driver; key: Value } {
  if (tag !== undefined) return { driver: 'findTag', key: tag }
  const [only] = states?.length === 1 ? states : []
  if (only === 'dead' || only === 'cancelled') return { driver: 'findUnfinished', key: codeOf[only] }
  if (states?.every((state) => !isFinal(state))) return { driver: 'findLive', key: null }
  if (task !== undefined) return { driver: 'findTask', key: taskId }
  if (queue !== undefined) return { driver: 'findQueue', key: queueId }
  if (states?.every(isFinal)) return { driver: 'findFinal', key: null }
  return { driver: 'findJob', key: null }
}

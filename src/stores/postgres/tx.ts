import { StoreError } from '../../job/errors.ts'
import type { Enqueued, NewJob } from '../../job/job.ts'
import type { Query, Row } from './connect.ts'
import { type Engine, callOn } from './engine.ts'
import { enqueueOn } from './enqueue.ts'
import { codeOf, toStoreError } from './faults.ts'

export interface TxKit {
  readonly schema: string
  readonly where: string
  readonly channel: string
  readonly clock: Engine['clock']
  readonly allOrNone: boolean
}

/**
 * Enqueues on the caller's own connection, in its open transaction: the jobs exist when it commits, and never existed
 * when it rolls back. @throws {StoreError} LW1014 when `tx` will not do.
 */
export async function enqueueIn(
  tx: unknown,
  jobs: readonly NewJob[],
  { schema, where, channel, clock, allOrNone }: TxKit,
): Promise<readonly Enqueued[]> {
  const query = queryOf(tx)
  try {
    return await enqueueOn((verb, arg) => callOn({ query, schema, clock }, verb, arg), jobs, allOrNone, {
      notify: channel,
      inTx: true,
    })
  } catch (error) {
    if (codeOf(error) === 'LW014') throw wrong('no transaction is open on the connection. Run "begin" first')
    if (codeOf(error) === '25P02') throw wrong('the transaction has failed before. Roll it back')
    throw toStoreError(error, where)
  }
}

/** How a caller's transaction runs a statement; the ways of the clients that are known. */
function queryOf(tx: unknown): Query {
  const client = (tx ?? {}) as {
    readonly query?: unknown
    readonly unsafe?: unknown
    readonly totalCount?: unknown
  }
  if (typeof client.unsafe === 'function') {
    if ('begin' in client && !('savepoint' in client))
      throw wrong('got the sql of postgres.js itself. Pass what sql.begin() hands you')
    const run = client.unsafe.bind(tx) as (text: string, values?: unknown[]) => Promise<readonly Row[]>
    return async (text, values) => run(text, values && [...values])
  }
  if (typeof client.query === 'function') {
    if (typeof client.totalCount === 'number')
      throw wrong('got a pool, which may use another connection for each statement. Pass a client of it')
    const run = client.query.bind(tx) as (text: string, values?: unknown[]) => Promise<{ rows: Row[] }>
    return async (text, values) => (await run(text, values && [...values])).rows
  }
  throw wrong(`${describe(tx)} is no transaction that this store knows: it has neither query nor unsafe`)
}

const wrong = (why: string): StoreError => new StoreError('LW1014', `enqueue in a transaction: ${why}.`)

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `${value === null ? 'null' : typeof value}`
  return `an object of class ${(value.constructor as { name?: string } | undefined)?.name ?? 'unknown'}`
}

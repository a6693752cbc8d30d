import { StoreError } from '../../job/errors.ts'
import type { Query, Row } from './connect.ts'

/*
 * How the transaction of each client runs a statement with one text. By shape, so that none of them is needed here.
 * What hands out a transaction itself is refused: its statements would be on any connection.
 */

/** What a caller gave, as far as anybody has looked at it. */
type Shape = Readonly<Record<string, unknown>> & object
type Run = (this: unknown, ...args: unknown[]) => PromiseLike<unknown>

interface Client {
  readonly name: string
  /** True for a transaction of this client. */
  is(tx: Shape): boolean
  /** Why a thing of this client will not do, where it will not. */
  refuse?(tx: Shape): string | undefined
  query(tx: Shape): Query
}

const has = (tx: Shape, member: string): boolean => typeof tx[member] === 'function'

/** Calls a member as its owner’s; `is` has looked whether it is there. */
const run = (tx: unknown, member: string, ...args: unknown[]): PromiseLike<unknown> =>
  ((tx as Shape)[member] as Run).call(tx, ...args)

/** Rows as drivers hand them out: alone, or in an object. Every statement of ours has the one column `answer`. */
const rowsOf = (result: unknown): readonly Row[] =>
  (Array.isArray(result) ? result : (result as { readonly rows: unknown }).rows) as readonly Row[]

/** The form with `?` for placeholders. Our statements have one, and no other `?` or `$`. */
const withMark = (text: string): string => text.replace('$1', '?')

const clients: readonly Client[] = [
  {
    name: 'Prisma',
    is: (tx) => has(tx, '$queryRawUnsafe'),
    refuse: (tx) =>
      has(tx, '$transaction') ? 'got the client of Prisma. Pass what $transaction() hands you' : undefined,
    query:
      (tx) =>
      async (text, values = []) =>
        rowsOf(await run(tx, '$queryRawUnsafe', text, ...values)),
  },
  {
    name: 'Kysely',
    is: (tx) => has(tx, 'executeQuery') && has(tx, 'selectFrom'),
    refuse: (tx) =>
      tx['isTransaction'] === true ? undefined : 'got Kysely itself. Pass the trx of transaction().execute()',
    query:
      (tx) =>
      async (sql, parameters = []) => {
        const query = { kind: 'RawNode', sqlFragments: [sql], parameters: [] }
        return rowsOf(
          await run(tx, 'executeQuery', { sql, parameters, query, queryId: { queryId: 'legwork' } }),
        )
      },
  },
  {
    name: 'Knex',
    is: (tx) => has(tx, 'raw') && 'isTransaction' in tx,
    refuse: (tx) =>
      tx['isTransaction'] === true ? undefined : 'got Knex itself. Pass the trx of transaction()',
    query:
      (tx) =>
      async (text, values = []) =>
        rowsOf(await run(tx, 'raw', withMark(text), [...values])),
  },
  {
    name: 'MikroORM',
    is: (tx) => has(tx, 'getTransactionContext') && has(tx, 'getConnection'),
    refuse: (tx) =>
      has(tx, 'isInTransaction') && (run(tx, 'isInTransaction') as unknown) !== true
        ? 'the entity manager is in no transaction. Pass the em of transactional()'
        : undefined,
    query:
      (tx) =>
      async (text, values = []) => {
        const context = run(tx, 'getTransactionContext')
        return rowsOf(
          await run(run(tx, 'getConnection'), 'execute', withMark(text), [...values], 'all', context),
        )
      },
  },
  {
    name: 'Sequelize',
    is: (tx) => typeof tx['sequelize'] === 'object' && has(tx, 'commit') && has(tx, 'rollback'),
    query:
      (tx) =>
      async (text, values = []) =>
        rowsOf(
          await run(tx['sequelize'], 'query', text, { bind: [...values], transaction: tx, type: 'SELECT' }),
        ),
  },
  {
    name: 'Drizzle',
    is: (tx) =>
      (has(tx, 'execute') && typeof (tx['session'] as Shape | undefined)?.['client'] === 'object') ||
      (has(tx, 'execute') && typeof (tx['session'] as Shape | undefined)?.['client'] === 'function'),
    refuse: (tx) =>
      has(tx, 'rollback') ? undefined : 'got the database of Drizzle. Pass the tx of transaction()',
    query: (tx) => queryOf((tx['session'] as Shape)['client']),
  },
  {
    name: 'postgres.js',
    is: (tx) => has(tx, 'unsafe'),
    refuse: (tx) =>
      has(tx, 'savepoint') ? undefined : 'got the sql of postgres.js itself. Pass what sql.begin() hands you',
    query:
      (tx) =>
      async (text, values = []) =>
        rowsOf(await run(tx, 'unsafe', text, [...values])),
  },
  {
    name: 'TypeORM',
    is: (tx) =>
      has(tx, 'query') &&
      ('queryRunner' in tx || 'isTransactionActive' in tx || has(tx, 'createQueryRunner')),
    refuse: (tx) => {
      const runner = ('isTransactionActive' in tx ? tx : tx['queryRunner']) as Shape | undefined
      return runner?.['isTransactionActive'] === true
        ? undefined
        : 'no transaction is open. Pass the manager of transaction(), or a query runner after startTransaction()'
    },
    query:
      (tx) =>
      async (text, values = []) =>
        rowsOf(await run(tx, 'query', text, [...values])),
  },
  {
    name: 'pg',
    is: (tx) => has(tx, 'query'),
    refuse: refusePg,
    query:
      (tx) =>
      async (text, values = []) =>
        rowsOf(await run(tx, 'query', text, [...values])),
  },
]

function refusePg(tx: Shape): string | undefined {
  if (has(tx, 'authenticate')) return 'got Sequelize itself. Pass the t of transaction()'
  if (typeof tx['totalCount'] === 'number')
    return 'got a pool, which may use another connection for each statement. Pass a client of it'
  // Since pg 8.21 a client says so; of an older one nobody knows.
  const status: unknown = has(tx, 'getTransactionStatus') ? run(tx, 'getTransactionStatus') : 'T'
  if (status === 'E') return 'the transaction has failed before. Roll it back'
  return status === 'T' || status === null
    ? undefined
    : 'no transaction is open on the connection. Run "begin" first'
}

/** How a caller’s transaction runs a statement. @throws {StoreError} LW1014 when it is none. */
export function queryOf(tx: unknown): Query {
  const shape =
    (typeof tx === 'object' || typeof tx === 'function') && tx !== null ? (tx as Shape) : undefined
  const client = shape && clients.find(({ is }) => is(shape))
  if (!shape || !client)
    throw wrong(
      `${describe(tx)} is no transaction of a client that this store knows: ${clients.map(({ name }) => name).join(', ')}`,
    )
  const refusal = client.refuse?.(shape)
  if (refusal !== undefined) throw wrong(refusal)
  return client.query(shape)
}

export const wrong = (why: string): StoreError =>
  new StoreError('LW1014', `enqueue in a transaction: ${why}.`)

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `${value === null ? 'null' : typeof value}`
  return `an object of class ${(value.constructor as { name?: string } | undefined)?.name ?? 'unknown'}`
}

import { StoreError } from '../../job/errors.ts'

/** Runs a statement that has one text as its parameter `$1`, and answers what the client answers. */
type Run = (text: string, arg: string) => PromiseLike<unknown>

/** How a statement runs in somebody's transaction. */
export interface Way {
  readonly run: Run
  /** What to pass, for who passed something else. */
  readonly pass: string
}

/** A value of a client, looked at by what it can do: nothing of these packages is imported here. */
type Shape = { readonly [name: string]: unknown }

/** One of the clients whose transactions are known. */
interface Client {
  readonly pass: string
  /** True for its values, whether or not they are transactions. */
  is(tx: Shape): boolean
  /** How a transaction of it runs a statement, or why this is none. */
  way(tx: Shape): Run | string
}

/** Finds out how a statement runs in a transaction of whatever client. @throws {StoreError} LW1014 */
export function wayOf(tx: unknown): Way {
  const shape = shapeOf(tx)
  const pass = clients.find((one) => shape && one.is(shape))?.pass ?? passAny
  const run = runOf(tx)
  if (typeof run === 'string') throw wrong(run, pass)
  return { run, pass }
}

function runOf(tx: unknown): Run | string {
  const shape = shapeOf(tx)
  const client = shape && clients.find((one) => one.is(shape))
  return client ? client.way(shape) : `${describe(tx)} is no transaction of a client that this store knows`
}

/** The coded error for what cannot be used as a transaction. */
export const wrong = (why: string, pass: string, cause?: unknown): StoreError =>
  new StoreError('LW1014', `app.in(tx): ${why}. ${pass}.`, {}, cause === undefined ? {} : { cause })

const passAny =
  'Pass a client of pg after "begin", the sql of postgres.js’s sql.begin(), or the transaction that Drizzle, Kysely, Knex, Prisma, TypeORM, MikroORM or Sequelize hands you'

/** In the order in which they are asked: some have a `query` as pg has it, and mean something else by it. */
const clients: readonly Client[] = [
  {
    pass: 'Pass the tx of prisma.$transaction(async (tx) => ...)',
    is: (tx) => has(tx, '$queryRawUnsafe'),
    way: (tx) => (text, arg) => call(tx, '$queryRawUnsafe', text, arg),
  },
  {
    pass: 'Pass the trx of db.transaction().execute(async (trx) => ...)',
    is: (tx) => has(tx, 'executeQuery') && 'isTransaction' in tx,
    way: (tx) => (tx['isTransaction'] === true ? kyselyWay(tx) : 'got the Kysely database itself'),
  },
  {
    pass: 'Pass the em of em.transactional(async (em) => ...)',
    is: (tx) => has(tx, 'getTransactionContext'),
    way(tx) {
      const context = tx['getTransactionContext'] as () => unknown
      const inner = context.call(tx)
      // It is a transaction of Knex or Kysely, by MikroORM's version.
      return inner === undefined || inner === null
        ? 'got an EntityManager in which no transaction is open'
        : runOf(inner)
    },
  },
  {
    pass: 'Pass the trx of knex.transaction(async (trx) => ...)',
    is: (tx) => has(tx, 'raw') && has(tx, 'select'),
    way(tx) {
      if (tx['isTransaction'] !== true) return 'got the knex instance itself'
      if (has(tx, 'isCompleted') && (tx['isCompleted'] as () => unknown)() === true)
        return 'the transaction is over'
      return (text, arg) =>
        call(tx, 'raw', text.replaceAll('?', '\\?').replace('($1::text)', '(?::text)'), [arg])
    },
  },
  {
    pass: 'Pass the sql of sql.begin(async (sql) => ...)',
    is: (tx) => has(tx, 'unsafe'),
    way: (tx) =>
      has(tx, 'begin') && !has(tx, 'savepoint')
        ? 'got the sql of postgres.js itself'
        : (text, arg) => call(tx, 'unsafe', text, [arg]),
  },
  {
    pass: 'Pass the tx of db.transaction(async (tx) => ...)',
    is: (tx) => typeof tx['session'] === 'object' && tx['session'] !== null && 'client' in tx['session'],
    way: (tx) =>
      has(tx, 'rollback') ? runOf((tx['session'] as Shape)['client']) : 'got the Drizzle database itself',
  },
  {
    pass: 'Pass the t of sequelize.transaction(async (t) => ...)',
    is: (tx) =>
      (has(tx, 'authenticate') && has(tx, 'define')) ||
      (has(tx, 'commit') && shapeOf(tx['sequelize']) !== undefined),
    way: sequelizeWay,
  },
  {
    pass: 'Pass the manager of dataSource.transaction(async (manager) => ...), or a QueryRunner after startTransaction()',
    is: (tx) =>
      has(tx, 'query') &&
      ['createQueryRunner', 'getRepository', 'startTransaction'].some((name) => has(tx, name)),
    way: typeormWay,
  },
  {
    pass: 'Pass a client of pg after "begin": const client = await pool.connect()',
    is: (tx) => has(tx, 'query'),
    way: (tx) =>
      typeof tx['totalCount'] === 'number'
        ? 'got a pool, which may use another connection for each statement'
        : (text, arg) => call(tx, 'query', text, [arg]),
  },
]

/** A compiled query, as Kysely takes it. */
function kyselyWay(trx: Shape): Run {
  return (sql, arg) => {
    const query = { kind: 'RawNode', sqlFragments: [sql], parameters: [] }
    return call(trx, 'executeQuery', { sql, parameters: [arg], query, queryId: { queryId: 'legwork' } })
  }
}

function sequelizeWay(tx: Shape): Run | string {
  const sequelize = shapeOf(tx['sequelize'])
  if (!sequelize || !has(sequelize, 'query')) return 'got the Sequelize instance itself'
  if (tx['finished'] !== undefined) return 'the transaction is over'
  // Its own replacements stay out of it where there are binds.
  return (text, arg) => call(sequelize, 'query', text, { bind: [arg], transaction: tx, type: 'SELECT' })
}

function typeormWay(tx: Shape): Run | string {
  if (has(tx, 'createQueryRunner')) return 'got the DataSource itself'
  const runner = has(tx, 'startTransaction') ? tx : shapeOf(tx['queryRunner'])
  if (!runner) return 'got an EntityManager in which no transaction is open'
  if (runner['isReleased'] === true) return 'the query runner is released, so its transaction is over'
  if (runner['isTransactionActive'] !== true) return 'no transaction is open on the query runner'
  return (text, arg) => call(runner, 'query', text, [arg])
}

const shapeOf = (value: unknown): Shape | undefined =>
  // Both may have properties, and only those are looked at.
  (typeof value === 'object' && value !== null) || typeof value === 'function' ? (value as Shape) : undefined

const has = (shape: Shape, name: string): boolean => typeof shape[name] === 'function'

const call = (shape: Shape, name: string, ...args: unknown[]): PromiseLike<unknown> =>
  // `has` was asked before.
  (shape[name] as (...args: unknown[]) => PromiseLike<unknown>)(...args)

function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  return `an object of class ${(value.constructor as { name?: string } | undefined)?.name ?? 'unknown'}`
}

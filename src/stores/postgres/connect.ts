import { StoreError } from '../../job/errors.ts'

/** A row of what our statements answer: one text. */
export interface Row {
  readonly answer: string | null
}
/** What can run a statement: a client or a pool of `pg`, or a transaction of it. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>
}
/** A client of a pool. */
export interface PooledClient extends Queryable {
  release(error?: Error | boolean): void
  on?(event: 'error', hear: (error: Error) => void): unknown
  off?(event: 'error', hear: (error: Error) => void): unknown
}
/** A pool of `pg`, as far as it is used. */
export interface PoolLike extends Queryable {
  connect(): Promise<PooledClient>
  on?(event: 'error', hear: (error: Error) => void): unknown
  off?(event: 'error', hear: (error: Error) => void): unknown
  end(): Promise<void>
  /** The class of its clients, and what they connect with. */
  readonly Client?: new (
    options: object,
  ) => ListeningClient
  readonly options?: object
}
/** The client of postgres.js. */
export interface SqlLike {
  (...args: never[]): unknown
  unsafe(text: string, values?: never[]): PromiseLike<readonly unknown[]>
  begin(work: (sql: SqlLike) => Promise<unknown>): Promise<unknown>
  end(): Promise<void>
}
/** A connection of its own, for notifications. */
export interface ListeningClient extends Queryable {
  connect(): Promise<unknown>
  end(): Promise<void>
  on(event: string, hear: (one: never) => void): unknown
}

export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>

/** The way to the server. */
export interface Link {
  readonly query: Query
  /** On one connection, between begin and commit. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>
  /** A connection for notifications, not yet connected; `undefined` where there can be none. */
  listener(): ListeningClient | undefined
  end(): Promise<void>
}

export interface Where {
  readonly url?: string | undefined
  readonly pool?: PoolLike | SqlLike | undefined
  readonly max: number
  readonly timeoutMs: number
}

/** Connects by a URL with the package `pg`, or uses what the caller has. @throws {StoreError} LW1001 */
export async function connect({ url, pool, max, timeoutMs }: Where): Promise<Link> {
  if (pool) return 'unsafe' in pool ? sqlLink(pool) : poolLink(pool)
  const { Pool, Client } = await driver()
  const options = {
    connectionString: url,
    max,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: 60_000,
    keepAlive: true,
    application_name: 'legwork',
  }
  const own = new Pool(options)
  own.on('connect', (client) => client.on('error', unheard))
  // The listener is typed by the events that are heard.
  return poolLink(own as PoolLike, { max, listener: () => new Client(options) as unknown as ListeningClient })
}

async function driver() {
  try {
    const { default: pg } = await import('pg')
    return pg
  } catch (cause) {
    throw new StoreError(
      'LW1001',
      'a postgres:// URL needs the package pg. Run: npm install pg',
      {},
      { cause },
    )
  }
}

/**
 * Lets so many at once through. The pool takes waiting for a free connection for one that cannot be made, and gives up.
 */
function gateOf(max: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let inside = 0
  return async (work) => {
    if (inside >= max) await new Promise<void>((go) => waiting.push(go))
    else inside += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else inside -= 1
    }
  }
}

function poolLink(pool: PoolLike, ours?: { readonly max: number; listener(): ListeningClient }): Link {
  const pass = gateOf(ours?.max ?? Infinity)
  // A connection that breaks while nobody uses it is simply not used again.
  pool.on?.('error', unheard)
  const query: Query = (text, values) =>
    pass(async () => rowsOf(await pool.query(text, values && [...values])))
  return {
    query,
    transaction: (work) => pass(() => transact(pool, work)),
    listener: ours?.listener ?? (() => pool.Client && pool.options && new pool.Client(pool.options)),
    async end() {
      if (ours) return pool.end()
      pool.off?.('error', unheard)
    },
  }
}

async function transact<T>(pool: PoolLike, work: (query: Query) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  client.on?.('error', unheard)
  try {
    const answer = await between(work, async (text, values) =>
      rowsOf(await client.query(text, values && [...values])),
    )
    client.release()
    return answer
  } catch (error) {
    // Nobody else gets a connection of which nothing is known.
    await client.query('rollback').then(
      () => client.release(),
      () => client.release(true),
    )
    throw error
  } finally {
    client.off?.('error', unheard)
  }
}

/** A connection that breaks says so to its next statement; an event that nobody hears would end the process. */
const unheard = () => {}

async function between<T>(work: (query: Query) => Promise<T>, query: Query): Promise<T> {
  await query('begin')
  const answer = await work(query)
  await query('commit')
  return answer
}

function sqlLink(sql: SqlLike): Link {
  const on =
    (one: SqlLike): Query =>
    async (text, values) =>
      // The driver's own rows are objects of the columns.
      (await one.unsafe(text, values as never[] | undefined)) as readonly Row[]
  return {
    query: on(sql),
    // The driver hands back what the work answered.
    transaction: async <T>(work: (query: Query) => Promise<T>) =>
      (await sql.begin((one) => work(on(one)))) as T,
    listener: () => undefined,
    end: async () => {},
  }
}

// Every statement of ours has the one column `answer`.
const rowsOf = ({ rows }: { readonly rows: readonly unknown[] }): readonly Row[] => rows as readonly Row[]

import { within } from '../../job/clock.ts'
import { StoreError } from '../../job/errors.ts'
import { realClock } from '../../world.ts'

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
  /** Where the driver lets it be reached: to end what is silent. */
  readonly connection?: { readonly stream?: { destroy(): void } }
}

/** `isLong`: without a deadline. */
export interface QueryHow {
  readonly isLong?: boolean
}
export type Query = (text: string, values?: readonly unknown[], how?: QueryHow) => Promise<readonly Row[]>

/** The way to the server. */
export interface Link {
  readonly query: Query
  /** On one connection, between begin and commit. */
  transaction<T>(work: (query: Query) => Promise<T>, how?: QueryHow): Promise<T>
  /** A connection for notifications, not yet connected; `undefined` where there can be none. */
  listener(): ListeningClient | undefined
  end(): Promise<void>
}

export interface Where {
  readonly url?: string | undefined
  readonly pool?: PoolLike | SqlLike | undefined
  readonly max: number
  readonly timeoutMs: number
  /** A statement without an answer for so long takes its connection for gone. */
  readonly callTimeoutMs: number
}

/** No deadline; the driver takes 0 for its own default. */
const noDeadlineMs = 2 ** 31 - 1

/** Connects by a URL with the package `pg`, or uses what the caller has. @throws {StoreError} LW1001 */
export async function connect({ url, pool, max, timeoutMs, callTimeoutMs }: Where): Promise<Link> {
  if (pool) return 'unsafe' in pool ? sqlLink(pool, callTimeoutMs) : poolLink(pool, callTimeoutMs)
  const { Pool, Client } = await driver()
  const options = {
    connectionString: url,
    max,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: callTimeoutMs,
    keepAlive: true,
    // Without it the machine waits for two hours before it asks whether the other side is there.
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'legwork',
  }
  const own = new Pool(options)
  own.on('connect', (client) => client.on('error', unheard))
  // The listener is typed by the events that are heard.
  const listener = () => new Client(options) as unknown as ListeningClient
  return poolLink(own as PoolLike, callTimeoutMs, { max, listener })
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

function poolLink(
  pool: PoolLike,
  callTimeoutMs: number,
  ours?: { readonly max: number; listener(): ListeningClient },
): Link {
  const pass = gateOf(ours?.max ?? Infinity)
  // A connection that breaks while nobody uses it is simply not used again.
  pool.on?.('error', unheard)
  // What is no pool of `pg` itself may know texts alone, and then its own deadline counts.
  const isOfPg = pool.Client !== undefined && pool.options !== undefined
  const on =
    (one: Queryable, ms: number): Query =>
    async (text, values, { isLong = false } = {}) => {
      const given = values && [...values]
      // The driver takes an object in the place of the text, with a deadline of this call.
      const statement = { text, query_timeout: isLong ? noDeadlineMs : ms } as unknown as string
      return rowsOf(await one.query(isOfPg ? statement : text, given))
    }
  const ask = on(pool, callTimeoutMs)
  return {
    query: (text, values, how) => pass(() => ask(text, values, how)),
    transaction: (work, { isLong = false } = {}) =>
      pass(() => {
        const ms = isLong ? noDeadlineMs : callTimeoutMs
        return transact(pool, work, { on: (client) => on(client, ms), idleMs: isLong ? 0 : ms })
      }),
    listener: ours?.listener ?? (() => pool.Client && pool.options && new pool.Client(pool.options)),
    async end() {
      if (ours) return pool.end()
      pool.off?.('error', unheard)
    },
  }
}

interface Transacting {
  on(client: PooledClient): Query
  readonly idleMs: number
}

async function transact<T>(
  pool: PoolLike,
  work: (query: Query) => Promise<T>,
  { on, idleMs }: Transacting,
): Promise<T> {
  const client = await pool.connect()
  client.on?.('error', unheard)
  try {
    const answer = await between(work, on(client), idleMs)
    client.release()
    return answer
  } catch (error) {
    // Nobody else gets a connection of which nothing is known; one that is silent would not answer this either.
    if (isSilence(error)) client.release(true)
    else
      await client.query('rollback').then(
        () => client.release(),
        () => client.release(true),
      )
    throw error
  } finally {
    client.off?.('error', unheard)
  }
}

const isSilence = (error: unknown): boolean => /query read timeout/i.test(String(error))

/** A connection that breaks says so to its next statement; an event that nobody hears would end the process. */
const unheard = () => {}

/** A server whose client is gone, without word of it, must not keep the locks of its transaction. */
const idleLimit = (ms: number): string => `set local idle_in_transaction_session_timeout = ${ms}`

async function between<T>(work: (query: Query) => Promise<T>, query: Query, idleMs: number): Promise<T> {
  await query(`begin; ${idleLimit(idleMs)}`)
  const answer = await work(query)
  await query('commit')
  return answer
}

/** So long after a failure some connection of a pool may still be one that was refused. */
const wearyMs = 30_000

/**
 * How long a call may wait: after one that failed a second, and each time in vain twice as long, for as long as a connection of the
 * pool may still be one that was refused.
 */
function patience(mostMs: number) {
  let ms = mostMs
  let failedAt = -Infinity
  const answered = () => {
    if (realClock.monotonic() - failedAt > wearyMs) ms = mostMs
  }
  return {
    async during<T>(call: (ms: number) => Promise<T>): Promise<T> {
      try {
        const answer = await call(ms)
        answered()
        return answer
      } catch (error) {
        // An answer of the server says that it is there, but for those that it goes, or comes.
        if (/^(?!08|57)\d[0-9A-Z]{4}$/.test(String((error as { code?: unknown }).code))) answered()
        else {
          failedAt = realClock.monotonic()
          ms = Math.min(mostMs, isSilence(error) ? ms * 2 : 1_000)
        }
        throw error
      }
    },
  }
}

/** The driver may leave a call without an answer that came while its connections were refused: its wait is short after a failure. */
function sqlLink(sql: SqlLike, callTimeoutMs: number): Link {
  const { during } = patience(callTimeoutMs)
  const on =
    (one: SqlLike, ms: number): Query =>
    async (text, values, { isLong = false } = {}) => {
      // The driver's own rows are objects of the columns.
      const call = one.unsafe(text, values as never[] | undefined) as Promise<readonly Row[]>
      const late = () => new Error(`Query read timeout: no answer for ${ms} ms`)
      return within(realClock, isLong ? noDeadlineMs : ms, { call, late })
    }
  const begin = <T>(work: (query: Query) => Promise<T>, ms: number, idleMs: number): Promise<T> =>
    // The driver hands back what the work answered.
    sql.begin(async (one) => {
      const query = on(one, ms)
      await query(idleLimit(idleMs))
      return work(query)
    }) as Promise<T>
  return {
    query: (text, values, how) => during((ms) => on(sql, ms)(text, values, how)),
    transaction: (work, { isLong = false } = {}) =>
      isLong
        ? begin(work, noDeadlineMs, 0)
        : during((ms) => {
            // A statement that is late ends by itself, but not the driver's wait for its rollback behind it.
            const late = () => new Error(`Query read timeout: no end of a transaction for ${2 * ms} ms`)
            return within(realClock, 2 * ms, { call: begin(work, ms, callTimeoutMs), late })
          }),
    listener: () => undefined,
    end: async () => {},
  }
}

// Every statement of ours has the one column `answer`.
const rowsOf = ({ rows }: { readonly rows: readonly unknown[] }): readonly Row[] => rows as readonly Row[]

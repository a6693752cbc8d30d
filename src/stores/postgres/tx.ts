import { StoreError } from '../../job/errors.ts'
import { type Way, wayOf, wrong } from './clients.ts'
import type { Row } from './connect.ts'
import type { Call, Engine } from './engine.ts'
import { codeOf, toStoreError } from './faults.ts'
import { fromWire, toWire } from './wire.ts'

export interface TxKit {
  /** Quoted. */
  readonly schema: string
  readonly where: string
  /** The name of notifications, which are given when the transaction commits. */
  readonly channel: string
  readonly clock: Engine['clock']
}

type Answer =
  | { readonly answer: unknown }
  | { readonly xid: string }
  | { readonly error: string; readonly code: string }

/** The number of the transaction that was last seen on what somebody passed. */
const seen = new WeakMap<object, string>()

/**
 * Calls verbs on the caller's own connection, in its open transaction: what they did is there when it commits, and never was
 * when it rolls back. @throws {StoreError} LW1014 when `tx` will not do.
 */
export function callIn(tx: unknown, kit: TxKit): Call {
  const way = wayOf(tx)
  // What has a way is an object.
  const key = tx as object
  const ask = async (order: object): Promise<Answer> => askOn(way, kit, order)
  return async <T>(verb: string, arg: object): Promise<T> => {
    const { clock, channel } = kit
    const timed = clock ? { ...arg, now: clock.now(), mono: clock.monotonic() } : arg
    const order = (xid: string) => ({ verb, arg: timed, notify: channel, xid })
    let xid = seen.get(key)
    let said: Answer = xid === undefined ? await ask({}) : await ask(order(xid))
    if ('xid' in said) {
      // The first call, or the connection is in a later transaction by now.
      xid = said.xid
      said = await ask(order(xid))
      if ('xid' in said) throw wrong('no transaction is open on what was passed', way.pass)
      seen.set(key, xid)
    }
    // The shape is that of the verb, which the caller names.
    if ('answer' in said) return said.answer as T
    throw toStoreError(Object.assign(new Error(said.error), { code: said.code }), kit.where)
  }
}

async function askOn({ run, pass }: Way, { schema, where }: TxKit, order: object): Promise<Answer> {
  try {
    return answerOf(await run(`select ${schema}.in_tx_v1($1::text)::text as answer`, toWire(order)))
  } catch (thrown) {
    const error = ofDriver(thrown)
    if (codeOf(error) === '25P02')
      throw wrong('the transaction has failed before; roll it back', pass, thrown)
    if (isOver(error)) throw wrong(`the transaction is over (${lastLine(error)})`, pass, thrown)
    throw toStoreError(error, where)
  }
}

/** What clients wrap around the error of the driver below them. */
interface Wrapped {
  readonly original?: unknown
  readonly driverError?: unknown
  readonly cause?: unknown
  readonly meta?: {
    readonly driverAdapterError?: {
      readonly cause?: { readonly originalCode?: string; readonly originalMessage?: string }
    }
  }
}

/** The driver's own error, which has the code of the server. */
function ofDriver(error: unknown, depth = 0): unknown {
  if (typeof error !== 'object' || error === null || depth > 4) return error
  const { original, driverError, cause, meta } = error as Wrapped
  const adapted = meta?.driverAdapterError?.cause
  if (adapted?.originalCode !== undefined)
    return Object.assign(new Error(adapted.originalMessage, { cause: error }), { code: adapted.originalCode })
  const inner = original ?? driverError ?? (isServers(error) ? undefined : cause)
  return inner === undefined ? error : ofDriver(inner, depth + 1)
}

/** True where the error has a code as the server gives them; those of Prisma begin with P and a digit above 0. */
const isServers = (error: unknown): boolean => /^(?!P[1-9])[0-9A-Z]{5}$/.test(codeOf(error))

/** Some clients say where they were called from first. */
const lastLine = (error: unknown): string =>
  (error as Error).message.trim().replace(/\.$/, '').split('\n').at(-1) ?? ''

/** What clients say of their own, without the server, when their transaction or connection is over. */
const isOver = (error: unknown): boolean =>
  !isServers(error) &&
  /clos(ed|ing)|released|already|complete|committed|rolled ?back|finished|no longer|not queryable/i.test(
    error instanceof Error ? error.message : '',
  )

/** The text of the one row, which comes alone or in a list of rows; some configurations read it as JSON. */
function answerOf(result: unknown): Answer {
  const rows = Array.isArray(result) ? result : (result as { rows?: unknown } | undefined)?.rows
  const answer = (rows as readonly Row[] | undefined)?.[0]?.answer as unknown
  if (answer === undefined || answer === null)
    throw new StoreError('LW1007', 'the client of app.in(tx) did not answer with the row of the statement.')
  return fromWire(typeof answer === 'string' ? answer : JSON.stringify(answer)) as Answer
}

import type { Clock } from '../../job/clock.ts'
import { realClock, realRandom } from '../../world.ts'
import { type Link, type Query } from './connect.ts'
import { isConflict, toStoreError } from './faults.ts'
import { type Lending, lending } from './lending.ts'
import { fromWire, toWire } from './wire.ts'

/** Calls a function of the schema with one JSON text, and hears one. The caller knows the shape that the SQL file names. */
export type Call = <T>(verb: string, arg: object) => Promise<T>

/** What every verb works on. */
export interface Engine {
  readonly call: Call
  /** Several calls, all or none, on one connection. */
  atomically<T>(work: (call: Call) => Promise<T>): Promise<T>
  /** A test's clock; without one the server's time counts. */
  readonly clock: Pick<Clock, 'now' | 'monotonic'> | undefined
  /** What was handed out through this store. */
  readonly lent: Lending
}

export interface EngineKit {
  link(): Promise<Link>
  /** Quoted. */
  readonly schema: string
  /** For messages. */
  readonly where: string
  readonly clock: Engine['clock']
}

/** Times that transactions which stood in each other's way are tried. */
const tries = 5
const mostWaitMs = 50

export function newEngine({ link, schema, where, clock }: EngineKit): Engine {
  const on =
    (query: Query): Call =>
    <T>(verb: string, arg: object) =>
      callOn<T>({ query, schema, clock }, verb, arg)
  const again = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let n = 1; ; n++) {
      try {
        return await work()
      } catch (error) {
        if (n === tries || !isConflict(error)) throw toStoreError(error, where)
        // Who stood in each other's way would do so again if both began at once.
        await new Promise<void>((go) => void realClock.after(realRandom() * mostWaitMs, go))
      }
    }
  }
  return {
    call: (verb, arg) => again(async () => on((await link()).query)(verb, arg)),
    atomically: (work) => again(async () => (await link()).transaction((query) => work(on(query)))),
    clock,
    lent: lending(),
  }
}

/** One function call on a connection, whosever it is. */
export async function callOn<T>(
  { query, schema, clock }: { query: Query; schema: string; clock: Engine['clock'] },
  verb: string,
  arg: object,
): Promise<T> {
  const timed = clock ? { ...arg, now: clock.now(), mono: clock.monotonic() } : arg
  const [row] = await query(`select ${schema}.${verb}($1::text)::text as answer`, [toWire(timed)])
  // The shape is the SQL file's, which the caller names.
  return fromWire(row?.answer ?? 'null') as T
}

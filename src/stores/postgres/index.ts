import type { Clock } from '../../job/clock.ts'
import { checkCount, checkKnown } from '../../job/name.ts'
import { InvalidOption } from '../../job/errors.ts'
import type { Store } from '../../store/contract.ts'
import { pulsing } from '../../store/pulse.ts'
import { realClock } from '../../world.ts'
import { type BeatApart, beatingApart } from '../server/beat-apart.ts'
import { act, actOn, edit, keepPlace, placeOf, replacePayloads, setQueues } from './act.ts'
import { beat, leave, patienceMs } from './beat.ts'
import type { Apart } from './beat-thread.ts'
import { bellOf } from './bell.ts'
import * as bulk from './bulk.ts'
import { changes } from './changes.ts'
import { exchange } from './claim.ts'
import type { PoolLike, SqlLike } from './connect.ts'
import { failuresList, failuresMark } from './dead.ts'
import { type Call, type Engine, newEngine } from './engine.ts'
import { enqueue, enqueueAll } from './enqueue.ts'
import { laneMaker } from './lanes.ts'
import { lifeOf } from './life.ts'
import { counts, find, get, workers } from './look.ts'
import { type Place, placeOfUrl, quoted } from './place.ts'
import * as schedules from './schedules.ts'
import { retentionGet, setRetention, size } from './retain.ts'
import { record, settle, settleOn } from './settle.ts'
import { lapse, tend } from './tend.ts'
import { callIn } from './tx.ts'

export type { PoolLike, SqlLike } from './connect.ts'

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url?: string
  /** A pool of `pg` or a client of postgres.js that you have already; it stays yours, and open. Use this or `url`. */
  readonly pool?: PoolLike | SqlLike
  /** The schema that holds everything of ours; several apps may share a database, each with its own. Default `legwork`. */
  readonly schema?: string
  /** `never` refuses an older schema instead of migrating it. Default `auto`. */
  readonly migrate?: 'auto' | 'never'
  /** Opens even what loses jobs in a crash, such as `fsync = off`. Default false. */
  readonly acceptDataLoss?: boolean
  /** Connections at most, besides one for notifications. Default 5. */
  readonly max?: number
  /** How long to wait for a connection. Default 5,000 ms. */
  readonly connectTimeoutMs?: number
  /** How long a statement may wait for its answer; then its connection is given up. Default 20,000 ms. */
  readonly callTimeoutMs?: number
  /** `false` sends and hears no notifications: workers find jobs by polling alone. Default true. */
  readonly notify?: boolean
  /** For tests. */
  readonly clock?: Clock
}

/**
 * A store in PostgreSQL 13 or newer, for any number of processes on any number of machines. Nothing is opened before `open()`.
 * @throws {InvalidOption} LW1201
 * @example
 * const app = legwork({ store: postgres({ pool, schema: 'jobs' }) })
 */
export function postgres(options: PostgresOptions | PoolLike | SqlLike | string): Store {
  const given = check(toOptions(options))
  const { where, schema, clock: testClock } = given
  const clock = testClock ?? realClock
  const life = lifeOf(given)
  const apart = apartOf(given)
  const channel = `legwork ${given.name}`
  const hearers = new Set<() => void>()
  const bell = bellOf({
    link: async () => life.link(),
    channel,
    clock: realClock,
    self: selfName(),
    hear: () => {
      for (const hear of hearers) hear()
    },
    isOn: given.notify,
  })
  const e = newEngine({ link: async () => life.link(), schema, where, clock: testClock })
  /** Makes a change and wakes whoever waits for one. */
  const rung = async <T>(change: Promise<T>): Promise<T> => {
    const answer = await change
    bell.ring()
    return answer
  }
  const inTx = (tx: unknown): Call => {
    life.link()
    return callIn(tx, { schema, where, channel, clock: testClock })
  }
  return {
    name: 'postgres',
    ...readingOf(e),
    ...changingOf(e, rung),
    // A pool of the caller's may have no connection left besides those of its transactions.
    ...joiningOf(e, rung, { inTx, lanes: given.url === undefined ? undefined : laneMaker(e) }),
    can: { tx: true, shared: true, beatApart: apart !== undefined, durable: true },
    async open() {
      const report = await life.open()
      if (hearers.size > 0) bell.listen(true)
      return report
    },
    async close() {
      await bell.close()
      await life.close()
    },
    migrate: ({ dryRun = false } = {}) => life.migrate(dryRun),
    claim: async (ask) => (await exchange(e, [], ask)).claimed,
    exchange: (settlements, ask) =>
      settlements.length > 0 ? rung(exchange(e, settlements, ask)) : exchange(e, settlements, ask),
    beat: (one) => beat(e, one),
    keepBeating: beatingOf({ schema, e, clock, apart, link: life.link }),
    lapse: (ids, cause, { ending } = {}) => rung(lapse(e, ids, { cause, ending })),
    leave: async (worker) => void (await rung(leave(e, worker))),
    async tend(budget) {
      const done = await tend(e, budget)
      if (done.promoted + done.lapsed + done.expired > 0) bell.ring()
      return done
    },
    ring: () => bell.ring(),
    listen(hear) {
      hearers.add(hear)
      if (hearers.size === 1 && life.isOpen()) bell.listen(true)
      return () => {
        if (hearers.delete(hear) && hearers.size === 0) bell.listen(false)
      }
    },
  }
}

/** The calls that only read. */
const readingOf = (
  e: Engine,
): Pick<Store, 'get' | 'find' | 'counts' | 'workers' | 'changes' | 'payloads'> => ({
  get: (ids, asked = {}) => get(e, ids, asked),
  find: (filter, page) => find(e, filter, page),
  counts: (queues) => counts(e, queues),
  workers: () => workers(e),
  changes: (since) => changes(e, since),
  payloads: payloadsOf(e),
})

/** What people do. */
const changingOf = (
  e: Engine,
  rung: Rung,
): Pick<Store, 'setQueues' | 'edit' | 'schedules' | 'failures' | 'bulk' | 'retention'> => ({
  setQueues: (settings) => rung(setQueues(e, settings)),
  edit: (edits) => rung(edit(e, edits)),
  schedules: schedulesOf(e, rung),
  failures: {
    list: (filter = {}) => failuresList(e, filter),
    mark: (marks) => failuresMark(e, marks),
  },
  bulk: bulkOf(e, rung),
  retention: { set: (order) => setRetention(e, order), get: () => retentionGet(e), size: () => size(e) },
})

type Checked = ReturnType<typeof check>

/** What the caller brought cannot be used from another thread, and a test's time is not there. */
function apartOf({ url, timeoutMs, callTimeoutMs, where, clock }: Checked): BeatApart | undefined {
  if (url === undefined || clock) return undefined
  return beatingApart({
    module: new URL('./beat-thread.js', import.meta.url),
    name: 'legwork postgres beat',
    workerData: { url, timeoutMs, callTimeoutMs, where } satisfies Apart,
  })
}

interface BeatingKit {
  readonly schema: string
  readonly e: Engine
  readonly clock: Clock
  readonly apart: BeatApart | undefined
  link(): unknown
}

const beatingOf =
  ({ schema, e, clock, apart, link }: BeatingKit): Store['keepBeating'] =>
  async (one, pulse, hear) => {
    link()
    const here = () => pulsing(clock, { pulse, patienceMs, hear, send: () => beat(e, one) })
    return apart ? apart({ place: schema, beat: one, pulse, hear, meanwhile: here }) : here()
  }

/** What may be part of a transaction of the caller's. */
const joiningOf = (
  e: Engine,
  rung: Rung,
  { inTx, lanes }: { inTx(tx: unknown): Call; readonly lanes: ReturnType<typeof laneMaker> | undefined },
): Pick<Store, 'enqueue' | 'act' | 'record' | 'settle'> => ({
  async enqueue(jobs, { tx, ...how } = {}) {
    if (tx === undefined) return rung(enqueue(e, jobs, how))
    const call = inTx(tx)
    await lanes?.(jobs)
    return enqueueAll(call, jobs, how.allOrNone ?? false)
  },
  act: async (order, { tx } = {}) => (tx === undefined ? rung(act(e, order)) : actOn(inTx(tx), order)),
  record: async (worker, notes, { tx } = {}) =>
    tx === undefined ? rung(record(e.call, worker, notes)) : record(inTx(tx), worker, notes),
  settle: async (worker, settlements, { tx } = {}) =>
    tx === undefined
      ? rung(settle(e, worker, settlements))
      : settleOn({ call: inTx(tx), lent: e.lent }, worker, settlements),
})

type Rung = <T>(change: Promise<T>) => Promise<T>

const schedulesOf = (e: Engine, rung: Rung): Store['schedules'] => ({
  set: (all) => rung(schedules.set(e, all)),
  list: (page) => schedules.list(e, page),
  due: (limit) => schedules.due(e, limit),
  fire: (firings) => rung(schedules.fire(e, firings)),
  history: (name, limit) => schedules.history(e, name, limit),
})

const payloadsOf = (e: Engine): Store['payloads'] => ({
  replace: (all) => replacePayloads(e, all),
  placeOf: (walk) => placeOf(e, walk),
  keepPlace: (walk, place) => keepPlace(e, walk, place),
})

const bulkOf = (e: Engine, rung: Rung): Store['bulk'] => ({
  page: (ask) => bulk.page(e, ask),
  start: (plan) => bulk.start(e, plan),
  list: (ids) => bulk.list(e, ids),
  step: (one) => rung(bulk.step(e, one)),
  set: (setting) => rung(bulk.set(e, setting)),
})

/** Names this store among all that share the schema. */
const selfName = (): string => crypto.randomUUID()

function toOptions(options: PostgresOptions | PoolLike | SqlLike | string): PostgresOptions {
  if (typeof options === 'string') return { url: options }
  return isPool(options) ? { pool: options } : (options as PostgresOptions)
}

const isPool = (given: object): given is PoolLike | SqlLike =>
  typeof given === 'function' || typeof (given as { query?: unknown }).query === 'function'

function check(options: PostgresOptions) {
  const { url, pool, migrate = 'auto', max = 5 } = options
  const { connectTimeoutMs = 5_000, callTimeoutMs = 20_000 } = options
  checkKnown(options, known, 'postgres()')
  if ((url === undefined) === (pool === undefined))
    throw new InvalidOption('url', url, 'a URL, or a pool that you have; one of them')
  const place: Partial<Place> = url === undefined ? {} : placeOfUrl(url)
  const schema = options.schema ?? place.schema ?? 'legwork'
  if (migrate !== 'auto' && migrate !== 'never') throw new InvalidOption('migrate', migrate, 'auto or never')
  if (!Number.isInteger(max) || max < 1 || max > 1_000)
    throw new InvalidOption('max', max, 'a number of connections, 1 to 1000')
  if (!(connectTimeoutMs >= 1 && connectTimeoutMs <= 3_600_000))
    throw new InvalidOption('connectTimeoutMs', connectTimeoutMs, 'milliseconds from 1 to an hour')
  checkCount(callTimeoutMs, 'callTimeoutMs', 100, 3_600_000)
  return {
    ...{ url: place.url, pool, migrate, max, name: schema, schema: quoted(schema) },
    timeoutMs: connectTimeoutMs,
    callTimeoutMs,
    where: place.shown ?? 'the pool’s database',
    acceptDataLoss: options.acceptDataLoss ?? false,
    notify: options.notify ?? true,
    clock: options.clock,
  }
}
const known = [
  'url',
  'pool',
  'schema',
  'migrate',
  'acceptDataLoss',
  'max',
  'connectTimeoutMs',
  'callTimeoutMs',
  'notify',
  'clock',
]

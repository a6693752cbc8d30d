import { placeOf } from '../../store/cursor.ts'
import { resolve } from 'node:path'
import type { Clock } from '../../job/clock.ts'
import { InvalidOption, StoreError } from '../../job/errors.ts'
import type { DurabilityReport, Migrated, Store } from '../../store/contract.ts'
import { pulsing } from '../../store/pulse.ts'
import { checkDurability, checkFileName, isInMemory } from './checks.ts'
import type { Settings } from './connect.ts'
import { act } from './act.ts'
import { bootId } from './boot.ts'
import { claimedOf } from './crossing/claims.ts'
import { bundle, type Ended, settledOf } from './crossing/endings.ts'
import { answersOf, bind, type Bound } from './crossing/jobs.ts'
import type { Engine } from './engine.ts'
import { enqueue } from './enqueue.ts'
import { fileTime } from './file-clock.ts'
import { record } from './record.ts'
import { type Remote, startThread } from './remote.ts'
import { settle } from './settle.ts'
import { refuseNewIn, workIn } from './tx.ts'
import type { Exchanged, Verb } from './verbs.ts'

export { type OpenOptions, openDatabase } from './connect.ts'
export { type Database, type Driver, driver, type Statement, type Value } from './driver.ts'

export interface SqliteOptions {
  /** Path of the database file; made with its folder when it is not there. May hold your own tables too. */
  readonly path: string
  /** What an acknowledged job survives: a power cut (the default), or only the end of the process. */
  readonly durability?: 'power-safe' | 'process-safe'
  /** Opens even what loses jobs with the process, such as `:memory:`. Default false. */
  readonly acceptDataLoss?: boolean
  /** `never` refuses a file with an older schema instead of migrating it. Default `auto`. */
  readonly migrate?: 'auto' | 'never'
  /** How long a call may wait for the write lock of another process. Default 10,000 ms. */
  readonly busyTimeoutMs?: number
  /** No more than this many bytes of database; a write beyond fails with LW1004. Default: as much as the disk has. */
  readonly maxBytes?: number
  /** For tests; with `shared` memory, for the store's own thread reads it. */
  readonly clock?: Clock
}

/**
 * A store in a SQLite file, for any number of processes of one machine. A thread of its own does the work, so that no
 * fsync stops the event loop. Nothing is opened before `open()`.
 * @throws {InvalidOption} LW1201
 * @example
 * const app = legwork({ store: sqlite('./.legwork/jobs.db') })
 */
export function sqlite(options: SqliteOptions | string): Store {
  const given = typeof options === 'string' ? { path: options } : options
  const settings = check(given)
  const hearers = new Set<() => void>()
  const ring = () => {
    for (const hear of hearers) hear()
  }
  const life = lifeOf(
    () => startThread({ settings, time: given.clock?.shared }, ring),
    (remote) => hearers.size > 0 && remote.listen(true),
  )
  const call = async <T>(verb: Verb, ...args: readonly unknown[]): Promise<T> =>
    (await (life.now() ?? (await life.ready())).call(verb, args)) as T
  /** A call after which whoever waits for a change is woken. */
  const rung = async <T>(verb: Verb, ...args: readonly unknown[]): Promise<T> => {
    const answer = await call<T>(verb, ...args)
    ring()
    return answer
  }
  const inTx: Join = async (tx, work) => {
    if (!life.isOpen()) throw closed()
    const time = () => (given.clock ? testTime(given.clock) : fileTime(settings.path))
    return workIn(tx, { path: settings.path, time }, work)
  }
  return {
    name: 'sqlite',
    can: canOf(given),
    async open({ tx } = {}) {
      await refuseNewIn(tx, settings.path)
      const report = await life.open()
      if (hearers.size > 0) life.thread().listen(true)
      return report
    },
    close: () => life.close(),
    migrate: ({ dryRun = false } = {}) => life.migrate(dryRun),
    ...joiningWith(rung, inTx),
    ...workingWith(call, rung),
    beat: (beat) => call('beat', beat),
    async keepBeating(beat, pulse, hear) {
      if (given.clock) return pulsing(given.clock, { pulse, hear, send: () => call('beat', beat) })
      const stop = (life.now() ?? (await life.ready())).beat(beat, pulse, hear)
      return async () => stop()
    },
    lapse: (workers, cause, how) => rung('lapse', workers, cause, how),
    leave: (worker) => rung('leave', worker),
    async tend(budget) {
      const done = await call<Awaited<ReturnType<Store['tend']>>>('tend', budget)
      if (done.promoted + done.lapsed + done.expired > 0) ring()
      return done
    },
    setQueues: (settings) => rung('setQueues', settings),
    schedules: schedulesWith(call, rung),
    ...readingWith(call),
    ...keepingWith(call),
    ...deadLettersWith(call, rung),
    ring,
    listen(hear) {
      hearers.add(hear)
      if (hearers.size === 1 && life.isOpen()) life.thread().listen(true)
      return () => {
        if (hearers.delete(hear) && hearers.size === 0 && life.isOpen()) life.thread().listen(false)
      }
    },
  }
}

type Call = <T>(verb: Verb, ...args: readonly unknown[]) => Promise<T>

/** The calls that only read. */
const readingWith = (call: Call): Pick<Store, 'get' | 'find' | 'counts' | 'workers' | 'changes'> => ({
  get: (ids, options = {}) => call('get', ids, options),
  async find(where, page) {
    // On this side, where the error keeps its class.
    if (page.cursor !== undefined) placeOf(page.cursor, 36)
    return call('find', where, page)
  },
  counts: (queues) => call('counts', queues),
  workers: () => call('workers'),
  changes: (since) => call('changes', since),
})

const schedulesWith = (call: Call, rung: Call): Store['schedules'] => ({
  set: (changes) => rung('scheduleSet', changes),
  list: (page) => call('scheduleList', page),
  due: (limit) => call('scheduleDue', limit),
  fire: (firings) => rung('scheduleFire', firings),
  history: (name, limit) => call('scheduleHistory', name, limit),
})

/** Work in a transaction of the caller's. */
type Join = <T>(tx: unknown, work: (e: Engine) => T) => Promise<T>

/** What may be part of a transaction of the caller's. */
const joiningWith = (rung: Call, inTx: Join): Pick<Store, 'enqueue' | 'act' | 'record' | 'settle'> => ({
  async enqueue(jobs, { tx, ...how } = {}) {
    if (tx === undefined) return answersOf(await rung<Bound>('enqueue', bind(jobs), how), jobs)
    return inTx(tx, (e) => answersOf(enqueue(e, bind(jobs), how), jobs))
  },
  act: (order, { tx } = {}) => (tx === undefined ? rung('act', order) : inTx(tx, (e) => act(e, order))),
  record: (worker, notes, { tx } = {}) =>
    tx === undefined ? rung('record', worker, notes) : inTx(tx, (e) => record(e, worker, notes)),
  async settle(worker, settlements, { tx } = {}) {
    const endings = bundle(settlements)
    if (tx === undefined) return settledOf(await rung<Ended>('settle', worker, endings))
    return settledOf(await inTx(tx, (e) => settle(e, worker, endings)))
  },
})

/** What a busy worker calls all the time. */
const workingWith = (call: Call, rung: Call): Pick<Store, 'claim' | 'exchange'> => ({
  claim: async (ask) => claimedOf(await call('claim', ask)),
  async exchange(settlements, ask) {
    const send = settlements.length > 0 ? rung : call
    const { settled, claimed } = await send<Exchanged>('exchange', bundle(settlements), ask)
    return { settled: settledOf(settled), claimed: claimedOf(claimed) }
  },
})

/** The calls about what is stored, whatever the jobs do. */
const keepingWith = (call: Call): Pick<Store, 'payloads' | 'retention'> => ({
  payloads: {
    replace: (changes) => call('replacePayloads', changes),
    placeOf: (walk) => call('placeOf', walk),
    keepPlace: (walk, place) => call('keepPlace', walk, place),
  },
  retention: {
    set: (order) => call('setRetention', order),
    get: () => call('retentionGet'),
    size: () => call('size'),
  },
})

/** The calls about many dead letters. */
const deadLettersWith = (call: Call, rung: Call): Pick<Store, 'edit' | 'failures' | 'bulk'> => ({
  edit: (edits) => rung('edit', edits),
  failures: {
    list: (where = {}) => call('failuresList', where),
    mark: (marks) => call('failuresMark', marks),
  },
  bulk: {
    page: (ask) => call('bulkPage', ask),
    start: (plan) => call('bulkStart', plan),
    list: (ids) => call('bulkList', ids),
    step: (step) => rung('bulkStep', step),
    set: (setting) => rung('bulkSet', setting),
  },
})

/** The time of a test's clock, as the store's thread has it. */
const testTime = ({ now, monotonic }: Clock) => ({ now, monotonic, boot: bootId(), check: () => {} })

const canOf = ({ path, clock }: SqliteOptions): Store['can'] => ({
  tx: true,
  shared: !isInMemory(path),
  beatApart: clock === undefined,
  durable: !isInMemory(path),
})

function check(options: SqliteOptions): Settings {
  const {
    path,
    durability = 'power-safe',
    acceptDataLoss = false,
    migrate = 'auto',
    busyTimeoutMs = 10_000,
    maxBytes,
  } = options
  checkFileName(path)
  checkDurability(durability)
  if (migrate !== 'auto' && migrate !== 'never') throw new InvalidOption('migrate', migrate, 'auto or never')
  if (!(busyTimeoutMs >= 0 && busyTimeoutMs <= 3_600_000))
    throw new InvalidOption('busyTimeoutMs', busyTimeoutMs, 'milliseconds from 0 to an hour')
  if (maxBytes !== undefined && !(maxBytes >= 1 && maxBytes < 2 ** 48))
    throw new InvalidOption('maxBytes', maxBytes, 'a number of bytes')
  if (options.clock && !options.clock.shared)
    throw new InvalidOption(
      'clock',
      'a clock without shared memory',
      'a clock that another thread can read, such as virtualClock()',
    )
  return {
    path: isInMemory(path) ? path : resolve(path),
    durability,
    acceptDataLoss,
    migrate,
    busyTimeoutMs,
    maxBytes,
  }
}

const closed = (): StoreError =>
  new StoreError('LW1006', 'the store is not open: it was closed, or open() was not called.')

/** From `open` to `close`, once. */
function lifeOf(start: () => Remote, onRestart: (remote: Remote) => void) {
  let remote: Remote | undefined
  let opening: Promise<DurabilityReport> | undefined
  let opened = false
  let isRestarting = false
  let closing: Promise<void> | undefined
  const begin = (): Remote => {
    if (closing) throw closed()
    remote ??= start()
    return remote
  }
  const close = (): Promise<void> => {
    opened = false
    closing ??= remote ? remote.close() : Promise.resolve()
    return closing
  }
  /** Every call may be repeated, so after a thread has died the next call gets a new one, opened before it. */
  const restart = (): void => {
    const fresh = start()
    remote = fresh
    isRestarting = true
    opening = fresh.open() as Promise<DurabilityReport>
    // What cannot be opened now is ended, so that the call after the next tries once more.
    opening
      .then(
        () => onRestart(fresh),
        () => void fresh.close(),
      )
      .finally(() => {
        isRestarting = false
      })
  }
  return {
    isOpen: () => opened,
    /** The open thread in this very turn, so that a call goes before a close; `undefined` when it has died. */
    now(): Remote | undefined {
      if (!remote || !opened) throw closed()
      return remote.isBroken || isRestarting ? undefined : remote
    },
    /** The open thread, or a new one in the place of one that has died. */
    async ready(): Promise<Remote> {
      if (remote?.isBroken && !closing) restart()
      await opening
      if (!remote || !opened) throw closed()
      return remote
    },
    thread(): Remote {
      if (!remote || !opened) throw closed()
      return remote
    },
    async open(): Promise<DurabilityReport> {
      if (closing) throw closed()
      try {
        // The thread answers `open` with the report.
        opening ??= begin().open() as Promise<DurabilityReport>
        const report = await opening
        opened = !closing
        return report
      } catch (error) {
        // A later open() tries anew, with a thread of its own.
        const failed = remote
        remote = opening = undefined
        await failed?.close()
        throw error
      }
    },
    // The thread answers `migrate` with what it did.
    migrate: async (dryRun: boolean) => (await begin().migrate(dryRun)) as Migrated,
    close,
  }
}

import type { Clock } from '../../job/clock.ts'
import { StoreError } from '../../job/errors.ts'
import type { Payloads, Store } from '../../store/index.ts'
import { pulsing } from '../../store/pulse.ts'
import { realClock } from '../../world.ts'
import { act } from './act.ts'
import { beat, leave } from './beat.ts'
import { changes } from './changes.ts'
import { listBulk, page, setBulk, start, step } from './bulk.ts'
import { claim } from './claim.ts'
import { listFailures, markFailures } from './dead.ts'
import { edit } from './edit.ts'
import { enqueue } from './enqueue.ts'
import { counts, find, get, workers } from './look.ts'
import { replacePayloads } from './payloads.ts'
import { namesIn } from './names.ts'
import { setQueues } from './queues.ts'
import { record } from './record.ts'
import { setRetention } from './retain.ts'
import { due, fire, history, list, set, slotMoved } from './schedules.ts'
import { size } from './size.ts'
import { settle } from './settle.ts'
import { newTables, type Tables } from './tables.ts'
import { lapse, tend } from './tend.ts'

/**
 * A store in this process's memory: the executable model that every other store is tested against.
 * Nothing survives the process. `clock` is for tests.
 */
export function memory({ clock = realClock }: { readonly clock?: Clock } = {}): Store {
  const still = stillClock(clock)
  const s = newTables(still)
  s.slotMoved = (row) => slotMoved(s, row)
  const hearers = new Set<() => void>()
  const ring = () => {
    for (const hear of hearers) hear()
  }
  let closed = false
  const call = async <T>(work: () => T): Promise<T> => {
    if (closed) throw new StoreError('LW1006', 'the store was closed.')
    still.tick()
    return work()
  }
  /** Makes a change and wakes whoever waits for one. */
  const rung = async <T>(change: () => T): Promise<T> => {
    const answer = await call(change)
    ring()
    return answer
  }
  return {
    name: 'memory',
    can: { tx: false, shared: false, beatApart: false, durable: false },
    open: async () => {
      closed = false
      return {
        level: 'volatile',
        findings: [{ about: 'storage', value: 'memory of this process', verdict: 'warn' }],
      }
    },
    close: async () => {
      closed = true
      hearers.clear()
    },
    migrate: async () => ({ from: 1, to: 1, steps: [] }),
    ...refusingTx(s, rung),
    claim: (ask) => call(() => claim(s, ask)),
    exchange: (settlements, ask) =>
      (settlements.length > 0 ? rung : call)(() => ({
        settled: settle(s, ask.worker, settlements),
        claimed: claim(s, ask),
      })),
    beat: (one) => call(() => beat(s, one)),
    keepBeating: async (one, pulse, hear) =>
      pulsing(clock, { pulse, hear, send: () => call(() => beat(s, one)) }),
    lapse: (ids, cause, how) => rung(() => lapse(s, ids, cause, how)),
    leave: (worker) => rung(() => leave(s, worker)),
    tend: async (budget) => {
      const done = await call(() => tend(s, budget))
      if (done.promoted + done.lapsed + done.expired > 0) ring()
      return done
    },
    setQueues: (settings) => rung(() => setQueues(s, settings)),
    schedules: schedulesOf(s, { call, rung }),
    ...readingOf(s, call),
    ...deadLettersOf(s, { call, rung }),
    names: namesIn(still, call),
    retention: {
      set: (order) => call(() => setRetention(s, order)),
      get: () => call(() => s.retained.standing),
      size: () => call(() => size(s)),
    },
    ring,
    listen: (hear) => {
      hearers.add(hear)
      return () => void hearers.delete(hear)
    },
  }
}

/** What other stores may do in a transaction of the caller's. */
const refusingTx = (
  s: Tables,
  rung: <T>(change: () => T) => Promise<T>,
): Pick<Store, 'enqueue' | 'act' | 'record' | 'settle'> => ({
  enqueue: (jobs, { tx, ...how } = {}) => rung(() => (tx === undefined ? enqueue(s, jobs, how) : refuse())),
  act: (order, { tx } = {}) => rung(() => (tx === undefined ? act(s, order) : refuse())),
  record: (worker, notes, { tx } = {}) =>
    rung(() => (tx === undefined ? record(s, worker, notes) : refuse())),
  settle: (worker, all, { tx } = {}) => rung(() => (tx === undefined ? settle(s, worker, all) : refuse())),
})

/** One instant for the whole of a call, for two looks at a clock inside it may fall on both sides of a millisecond. */
function stillClock(clock: Clock): Tables['clock'] & { tick(): void } {
  let now = clock.now()
  let monotonic = clock.monotonic()
  return {
    now: () => now,
    monotonic: () => monotonic,
    tick() {
      now = clock.now()
      monotonic = clock.monotonic()
    },
  }
}

/** The calls that only read. */
const readingOf = (
  s: Tables,
  call: <T>(work: () => T) => Promise<T>,
): Pick<Store, 'get' | 'find' | 'counts' | 'workers' | 'changes'> => ({
  get: (ids, options = {}) => call(() => get(s, ids, options)),
  find: (where, page) => call(() => find(s, where, page)),
  counts: (queues) => call(() => counts(s, queues)),
  workers: () => call(() => workers(s)),
  changes: (since) => call(() => changes(s, since)),
})

const schedulesOf = (
  s: Tables,
  { call, rung }: Readonly<Record<'call' | 'rung', <T>(work: () => T) => Promise<T>>>,
): Store['schedules'] => ({
  set: (changes) => rung(() => set(s, changes)),
  list: (page) => call(() => list(s, page)),
  due: (limit) => call(() => due(s, limit)),
  fire: (firings) => rung(() => fire(s, firings)),
  history: (name, limit) => call(() => history(s, name, limit)),
})

function payloadsOf(s: Tables, call: <T>(work: () => T) => Promise<T>): Payloads {
  const places = new Map<string, string>()
  return {
    replace: (changes) => call(() => replacePayloads(s, changes)),
    placeOf: (walk) => call(() => places.get(walk)),
    keepPlace: (walk, place) =>
      call(() => void (place === null ? places.delete(walk) : places.set(walk, place))),
  }
}

type Calling = <T>(work: () => T) => Promise<T>

/** The calls about payloads and many dead letters. */
const deadLettersOf = (
  s: Tables,
  { call, rung }: { readonly call: Calling; readonly rung: Calling },
): Pick<Store, 'edit' | 'failures' | 'bulk' | 'payloads'> => ({
  payloads: payloadsOf(s, call),
  edit: (edits) => rung(() => edit(s, edits)),
  failures: {
    list: (where = {}) => call(() => listFailures(s, where)),
    mark: (marks) => call(() => markFailures(s, marks)),
  },
  bulk: {
    page: (ask) => call(() => page(s, ask)),
    start: (plan) => call(() => start(s, plan)),
    list: (ids) => call(() => listBulk(s, ids)),
    step: (one) => rung(() => step(s, one)),
    set: (setting) => rung(() => setBulk(s, setting)),
  },
})

function refuse(): never {
  throw new StoreError('LW1014', 'a store in memory cannot join a transaction.')
}

import type { Clock } from '../../job/clock.ts'
import { InvalidOption, StoreError } from '../../job/errors.ts'
import { checkKnown, checkName } from '../../job/name.ts'
import type { Store, Tended } from '../../store/index.ts'
import { realClock } from '../../world.ts'
import { changes } from './changes.ts'
import { keepBeating } from './beating.ts'
import { exchange, record, settle } from './claim.ts'
import { bulkWith } from './dead.ts'
import { act, edit, replacePayloads } from './edit.ts'
import { enqueue } from './enqueue.ts'
import { failuresWith } from './failures.ts'
import type { Kit } from './kit.ts'
import { counts, find, get, workers } from './look.ts'
import { beat, lapse, leave, type Members, membersOf } from './members.ts'
import { asOne, openAll } from './opening.ts'
import { most, type Part, partOf } from './part.ts'
import { placesOf } from './place.ts'
import { setQueues } from './queues.ts'
import { retentionWith } from './retention.ts'
import { schedulesWith } from './schedules.ts'
import { sweeping } from './sweep.ts'
import { whereaboutsOf } from './whereabouts.ts'

export interface PartitionedOptions {
  /** For people. Default: the first store's. */
  readonly name?: string
  /** Queues whose jobs lie in all partitions. The others lie in one each, all their jobs together. */
  readonly spread?: readonly string[]
  /** For tests. */
  readonly clock?: Clock
}

/**
 * One store of several. Each queue has its home in one of them, where all is as ever: order, limits, unique keys. The jobs of a
 * `spread` queue lie in all of them, and each of those has its own order. Their number, their order and the spread queues are
 * written into them when they are first opened, and never change. A store that does not answer stops only what is in it.
 * @throws {InvalidOption} LW1201
 */
export function partitioned(stores: readonly Store[], options: PartitionedOptions = {}): Store {
  const { spread = [], clock = realClock } = check(stores, options)
  const hearers = new Set<() => void>()
  const ring = () => {
    for (const hear of hearers) hear()
  }
  const parts = stores.map((store, index) => partOf(store, { index, of: stores.length, back: ring }))
  const kit: Kit = { parts, places: placesOf(stores.length, spread), ids: whereaboutsOf(parts), clock }
  const members = membersOf(kit)
  const sweep = sweeping(kit)
  const can = (ability: keyof Store['can']) => stores.every((store) => store.can[ability])
  return {
    name: options.name ?? `${stores[0]?.name}`,
    can: {
      ...{ tx: false, apart: true },
      ...{ shared: can('shared'), beatApart: can('beatApart'), durable: can('durable') },
    },
    abreast: Math.min(...stores.map(({ abreast = 1 }) => abreast)),
    open: () => openAll(parts, spread),
    async close() {
      for (const part of parts) part.end()
      await Promise.all(stores.map((store) => store.close()))
    },
    async migrate(how) {
      const done = await asOne(parts, (store) => store.migrate(how))
      const from = Math.min(...done.map((one) => one.from))
      return { from, to: Math.max(...done.map((one) => one.to)), steps: done.flatMap(({ steps }) => steps) }
    },
    async enqueue(jobs, { tx, ...how } = {}) {
      if (tx !== undefined) refuseTx()
      return enqueue(kit, jobs, how)
    },
    ...workingWith(members),
    async tend(budget) {
      const done = await most(parts, (store) => store.tend(budget))
      const isMore = await sweep()
      const all = together(done.map(({ answer }) => answer))
      return { ...all, more: all.more || isMore }
    },
    setQueues: (settings) => setQueues(kit, settings),
    async act(order, { tx } = {}) {
      if (tx !== undefined) refuseTx()
      return act(kit, order)
    },
    edit: (edits) => edit(kit, edits),
    schedules: schedulesWith(kit),
    get: (ids, how) => get(kit, ids, how),
    find: (where, page) => find(kit, where, page),
    counts: (queues) => counts(kit, queues),
    workers: () => workers(kit),
    changes: (since) => changes(kit, since),
    payloads: payloadsWith(kit),
    failures: failuresWith(kit),
    bulk: bulkWith(kit),
    retention: retentionWith(kit),
    ring: () => {
      for (const { store } of parts) store.ring()
    },
    listen(hear) {
      const ends = stores.map((store) => store.listen(hear))
      hearers.add(hear)
      return () => {
        hearers.delete(hear)
        for (const end of ends) end()
      }
    },
  }
}

/** More would be asked in vain too often. */
const partsMax = 128

function check(stores: readonly Store[], options: PartitionedOptions): PartitionedOptions {
  checkKnown(options, ['name', 'spread', 'clock'], 'partitioned option')
  if (!Array.isArray(stores) || stores.length < 2 || stores.length > partsMax)
    throw new InvalidOption('partitions', stores?.length, `2 to ${partsMax} stores`)
  const { spread = [] } = options
  if (!Array.isArray(spread)) throw new InvalidOption('spread', spread, 'a list of names of queues')
  for (const name of spread) checkName(name, 'spread')
  const bad = stores.findIndex((store) => store?.names === undefined)
  if (bad >= 0)
    throw new InvalidOption(
      'partitions',
      stores[bad]?.name,
      'stores that can be a partition, which this one cannot yet',
    )
  return options
}

/** What workers call. */
const workingWith = (members: Members) =>
  ({
    claim: async (ask) => (await exchange(members, [], ask)).claimed,
    exchange: (settlements, ask) => exchange(members, settlements, ask),
    async settle(worker, all, { tx } = {}) {
      if (tx !== undefined) refuseTx()
      return settle(members, worker, all)
    },
    async record(worker, notes, { tx } = {}) {
      if (tx !== undefined) refuseTx()
      return record(members, worker, notes)
    },
    beat: (one) => beat(members, one),
    keepBeating: (one, pulse, hear) => keepBeating(members, one, pulse, hear),
    lapse: (ids, cause, how) => lapse(members, ids, cause, how),
    leave: (worker) => leave(members, worker),
  }) satisfies Partial<Store>

function together(done: readonly Tended[]): Tended {
  const sum = (pick: (one: Tended) => number) => done.reduce((n, one) => n + pick(one), 0)
  const undriven = [...new Set(done.flatMap((one) => one.undriven ?? []))]
  return {
    promoted: sum((one) => one.promoted),
    lapsed: sum((one) => one.lapsed),
    expired: sum((one) => one.expired),
    removed: sum((one) => one.removed),
    ...(undriven.length > 0 && { undriven }),
    more: done.some(({ more }) => more),
  }
}

const payloadsWith = (kit: Kit): Store['payloads'] => {
  const first = kit.parts[0] as Part
  return {
    replace: (all) => replacePayloads(kit, all),
    placeOf: (walk) => first.call((store) => store.payloads.placeOf(walk)),
    keepPlace: (walk, place) => first.call((store) => store.payloads.keepPlace(walk, place)),
  }
}

function refuseTx(): never {
  throw new StoreError('LW1014', 'a store of several partitions cannot join a transaction.')
}

import { defaults, limits } from '../../job/defaults.ts'
import type { Settled, Settlement } from '../../job/job.ts'
import type { Note, Store, Tended } from '../../store/contract.ts'
import { pulsing } from '../../store/pulse.ts'
import { realClock } from '../../world.ts'
import { utf8Bytes } from '../../job/text.ts'
import { type BeatApart, beatingApart } from '../server/beat-apart.ts'
import { beat } from './beat.ts'
import type { Apart } from './beat-thread.ts'
import { gathered, paced } from './bell.ts'
import { bulkWith, undriven } from './bulk.ts'
import { claimedOf } from './claim.ts'
import type { IoRedis } from './clients/ioredis.ts'
import type { NodeRedis } from './clients/node-redis.ts'
import { type RedisOptions, type Settings, settingsOf } from './connect.ts'
import { failuresWith } from './dead.ts'
import { enqueue } from './enqueue.ts'
import { bellOf, lifeOf } from './life.ts'
import { numbersOf } from './numbers.ts'
import { changes, counts, find, get, workers } from './look.ts'
import { namesWith } from './names.ts'
import { settingText } from './queues.ts'
import { retentionWith } from './retention.ts'
import { parsed, rowsOf } from './row.ts'
import { schedulesWith } from './schedules.ts'
import type { Run } from './script.ts'
import { releaseDigest, settleArgs, settledOf } from './settle.ts'
import { sharedPort } from './shared-port.ts'
import { tagIn } from './slots.ts'
import { refuseTx } from './tx.ts'
import { partitioned } from '../partitioned/index.ts'

export type { Acknowledge } from './acknowledge.ts'
export type { RedisOptions } from './connect.ts'
export type { IoRedis } from './clients/ioredis.ts'
export type { NodeRedis } from './clients/node-redis.ts'

/**
 * A store on a Redis server, version 7 or newer, or on Valkey, for any number of processes and machines. Everything is done by
 * scripts, each atomic. Nothing is connected before `open()`. @throws {InvalidOption} LW1201
 * @example
 * const app = legwork({ store: redis('redis://localhost:6379') })
 */
export function redis(given: string | IoRedis | NodeRedis | RedisOptions): Store {
  const settings = settingsOf(given)
  const { partitions: of, prefix, spread, clock } = settings
  const apart = apartOf(settings)
  if (of === 1) return storeOn(settings, apart)
  const tags = Array.from({ length: of }, (_, i) => tagIn(prefix, i, of))
  const connect = sharedPort(() => settings.connect(), tags.map(bellOf))
  const parts = tags.map((tag) => storeOn({ ...settings, tag, connect }, apart))
  return partitioned(parts, { name: 'redis', spread, ...(clock && { clock }) })
}

/** A client of the caller's own cannot follow into another thread, nor can a test's clock. */
const apartOf = ({ dialling, where, clock }: Settings): BeatApart | undefined =>
  dialling && !clock
    ? beatingApart({
        module: new URL('./beat-thread.js', import.meta.url),
        name: 'legwork redis beat',
        workerData: { dialling, where } satisfies Apart,
      })
    : undefined

/** All that lies under one tag. */
function storeOn(settings: Settings, apart: BeatApart | undefined): Store {
  const clock = settings.clock ?? realClock
  const hearers = new Set<() => void>()
  const ring = () => {
    for (const hear of hearers) hear()
  }
  const { run, gapMs } = paced(clock, (name, ...args) => life.run(name, ...args))
  const life = lifeOf(settings, gathered(clock, ring, gapMs), () => hearers.size > 0)
  /** A script after which whoever waits for a change in this process is woken at once. */
  const rung: Run = async (name, ...args) => {
    const reply = await life.changed(() => run(name, ...args))
    ring()
    return reply
  }
  return {
    ...{ name: 'redis', abreast: 2 },
    can: { tx: false, shared: true, beatApart: apart !== undefined, durable: true },
    open: () => life.open(),
    close: () => life.close(),
    migrate: ({ dryRun = false } = {}) => life.migrate(dryRun),
    async enqueue(jobs, { tx, ...how } = {}) {
      if (tx !== undefined) refuseTx()
      return enqueue(rung, jobs, how)
    },
    ...workingWith(run, rung),
    beat: (one) => beat(run, one),
    async keepBeating(one, pulse, hear) {
      await life.ready()
      const here = () => pulsing(clock, { pulse, hear, send: () => beat(run, one) })
      if (!apart) return here()
      return apart({ place: settings.tag, beat: one, pulse, hear, meanwhile: here })
    },
    lapse: async (ids, cause, { ending = false } = {}) =>
      ids.length > 0 ? Number(await rung('lapse', cause, ending ? '1' : '0', ...ids)) : 0,
    leave: async (worker) => void (await rung('leave', worker, releaseDigest)),
    tend: (budget) => tend(run, budget, ring),
    async setQueues(given) {
      if (given.length > 0) await rung('setQueues', ...given.map(settingText))
    },
    async act({ verb, ids, by, reason }, { tx } = {}) {
      if (tx !== undefined) refuseTx()
      const answers = await inChunks(ids, (some) =>
        rung('act', verb, by, reason === undefined ? '0' : '1', reason ?? '', ...some),
      )
      return answers.map((answer) => parsed(answer))
    },
    edit: async (edits) =>
      rowsOf(await rung('edit', ...edits.map((one) => JSON.stringify(one)))).map((row) => parsed(row)),
    schedules: schedulesWith(run, rung),
    get: (ids, options = {}) => get(run, ids, options),
    find: (where, page) => find(run, where, page),
    counts: (queues) => counts(run, queues),
    workers: () => workers(run),
    changes: (since) => changes(run, since),
    retention: retentionWith(run),
    payloads: payloadsWith(run),
    failures: failuresWith(run),
    names: namesWith(run, rung),
    bulk: bulkWith(run, rung),
    ring,
    listen(hear) {
      hearers.add(hear)
      life.listen()
      return () => {
        if (hearers.delete(hear) && hearers.size === 0) life.unlisten()
      }
    },
  }
}

/** Ids of one script. */
const chunk = 500

async function inChunks<T, A>(items: readonly T[], send: (some: readonly T[]) => Promise<A>) {
  const replies = []
  for (let from = 0; from < items.length; from += chunk)
    replies.push(...rowsOf((await send(items.slice(from, from + chunk))) as Parameters<typeof rowsOf>[0]))
  return replies
}

/** What a busy worker calls all the time. */
function workingWith(run: Run, rung: Run): Pick<Store, 'claim' | 'settle' | 'exchange' | 'record'> {
  const numbers = numbersOf()
  /** What is gone by its number is looked for by its id: another job may have it by now. */
  const byId = async (worker: string, settlements: readonly Settlement[], settled: Settled[]) => {
    const numbered = settlements.flatMap(({ id }, i) =>
      settled[i] === 'gone' && numbers.of(id) !== undefined ? [i] : [],
    )
    for (const { id } of settlements) numbers.drop(id)
    for (const i of numbered) {
      const args = settleArgs(worker, [settlements[i] as Settlement], numbers)
      settled[i] = settledOf(await rung('settle', ...args))[0] as Settled
    }
    return settled
  }
  return {
    claim: async (ask) => claimedOf(await run('claim', JSON.stringify(ask)), numbers),
    async settle(worker, settlements, { tx } = {}) {
      if (tx !== undefined) refuseTx()
      const args = settleArgs(worker, settlements, numbers)
      return byId(worker, settlements, settledOf(await rung('settle', ...args)))
    },
    async exchange(settlements, ask) {
      const send = settlements.length > 0 ? rung : run
      const args = settleArgs(ask.worker, settlements, numbers)
      const [settled, rows] = rowsOf(await send('exchange', ...args, JSON.stringify(ask)))
      const answers = await byId(ask.worker, settlements, settledOf(settled))
      return { settled: answers, claimed: claimedOf(rows, numbers) }
    },
    async record(worker, notes, { tx } = {}) {
      if (tx !== undefined) refuseTx()
      const args = notes.map(noteText)
      // The script answers in the contract's words.
      return rowsOf(await rung('record', worker, limits.logBytesPerAttempt, ...args)) as readonly Settled[]
    },
  }
}

const noteText = ({ id, fence, begun, checkpoint, progress, logs }: Note): string =>
  JSON.stringify({
    id,
    fence,
    begun,
    checkpoint,
    progress: progress && JSON.stringify(progress),
    logs: logs?.map(({ agoMs, ...line }) => ({
      agoMs,
      bytes: utf8Bytes(line.message) + utf8Bytes(line.data ?? ''),
      text: JSON.stringify(line),
    })),
  })

async function tend(run: Run, budget: number, ring: () => void): Promise<Tended> {
  const reply = rowsOf(await run('tend', budget, JSON.stringify(defaults.keep)))
  const [promoted = 0, lapsed = 0, expired = 0, removed = 0, walking = 0, now = 0] = reply
    .slice(0, 6)
    .map(Number)
  if (promoted + lapsed + expired > 0) ring()
  const free = undriven(rowsOf(reply[6]), now)
  return {
    ...{ promoted, lapsed, expired, removed },
    ...(free.length > 0 && { undriven: free }),
    more: walking === 1 || [promoted, lapsed, expired, removed].some((n) => n >= budget),
  }
}

const payloadsWith = (run: Run): Store['payloads'] => ({
  async replace(changes) {
    const args = changes.flatMap(({ id, was, now }) => [id, was, now])
    // The script answers in the contract's words.
    return rowsOf(await run('replacePayloads', ...args)) as Awaited<ReturnType<Store['payloads']['replace']>>
  },
  async placeOf(walk) {
    return ((await run('place', walk, '')) as string | null) ?? undefined
  },
  async keepPlace(walk, place) {
    await run('place', walk, place === null ? 'forget' : 'set', place ?? '')
  },
})

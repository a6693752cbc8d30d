import assert from 'node:assert/strict'
import { idSource } from '../job/id.ts'
import type {
  ClaimedJob,
  ErrorInfo,
  Job,
  NewJob,
  Settled,
  Settlement,
  SettleMove,
  WorkerId,
} from '../job/job.ts'
import { allStates, type State } from '../job/state.ts'
import type { Ask, Beaten, Claimed, Count, Store } from '../store/index.ts'
import type { House, HouseClock } from './promise.ts'

/** The queue that stories use unless they say otherwise. */
export const queue = 'q'

/** Long enough that no story's lease runs out by accident. */
export const leaseMs = 3_600_000

/** A house with its store opened, and short words for what stories do with it. */
export interface Room {
  readonly house: House
  readonly store: Store
  readonly clock: HouseClock
  /** A job with a fresh id, changed in the fields given. */
  job(fields?: Partial<NewJob>): NewJob
  /** Enqueues one job and gives its id. */
  add(fields?: Partial<NewJob>): Promise<string>
  addMany(count: number, fields?: Partial<NewJob>): Promise<readonly string[]>
  /** Registers a worker. */
  hand(options?: HandOptions): Promise<Hand>
  /** A job that must be there, with attempts and logs. */
  see(id: string): Promise<Job>
  states(ids: readonly string[]): Promise<readonly (State | 'gone')[]>
  count(name?: string): Promise<Count>
  act(verb: 'cancel' | 'retry' | 'promote' | 'remove', id: string, reason?: string): Promise<string>
}

export interface HandOptions {
  readonly ttlMs?: number
  readonly store?: Store
  readonly id?: WorkerId
  /** Default: the suite's queue. */
  readonly queues?: readonly string[]
  readonly tellsBegin?: true
  /** Of its process. Default 1. */
  readonly pid?: number
  readonly tasks?: readonly string[]
}

/** A worker as the store sees it: it counts its calls and says which answers it received. */
export interface Hand {
  readonly id: WorkerId
  /** The next question; `received` says that the answer of the call before arrived. */
  ask(limit: number, options?: AskOptions): Ask
  claim(limit?: number, options?: AskOptions): Promise<Claimed>
  /** Claims, and forgets the answer as if it had been lost on its way. */
  claimInVain(limit?: number): Promise<Claimed>
  /** Exactly one job. */
  one(options?: AskOptions): Promise<ClaimedJob>
  settle(job: Lease, move: SettleMove, fields?: Partial<Settlement>): Promise<Settled>
  beat(): Promise<Beaten>
}
export interface AskOptions {
  readonly queues?: readonly { readonly name: string; readonly limit: number }[]
  readonly tasks?: Ask['tasks']
  readonly alone?: true
}
export type Lease = Pick<ClaimedJob, 'id' | 'fence'>

/** Opens the house's store and lays out the tools. */
export async function enter(house: House): Promise<Room> {
  const store = await house.open()
  const { clock } = house
  const mint = idSource({ now: () => clock.now(), random: dice(1) })
  const job = (fields: Partial<NewJob> = {}): NewJob => ({ ...plainJob(mint()), ...fields })
  const addMany = async (count: number, fields: Partial<NewJob> = {}) => {
    const jobs = Array.from({ length: count }, () => job(fields))
    await store.enqueue(jobs)
    return jobs.map(({ id }) => id)
  }
  return {
    house,
    store,
    clock,
    job,
    addMany,
    add: async (fields) => (await addMany(1, fields))[0] as string,
    hand: (options) => hire(store, mint(), options),
    see: (id) => seeJob(store, id),
    states: async (ids) => (await store.get(ids)).map((found) => found?.state ?? 'gone'),
    count: (name = queue) => countOf(store, name),
    act: async (verb, id, reason) => {
      const [acted] = await store.act({ verb, ids: [id], by: 'ada', ...(reason !== undefined && { reason }) })
      return acted?.outcome ?? 'no answer'
    },
  }
}

const plainJob = (id: string): NewJob => ({
  id,
  task: 'mail',
  queue,
  payload: '{"to":"ada"}',
  version: 1,
  priority: 5,
  maxAttempts: 3,
  tags: [],
  retain: { completed: 86_400_000, cancelled: 604_800_000, dead: null },
})

/** Registers a worker under `id`, on the store or on another handle of it. */
async function hire(own: Store, fresh: string, options: HandOptions = {}): Promise<Hand> {
  const { ttlMs = leaseMs, store = own, id = `w-${fresh}`, queues = [queue], tellsBegin } = options
  const { pid = 1, tasks = ['mail'] } = options
  const fixed = { host: 'host', pid, version: '0.0.0', tasks, concurrency: 10 }
  const about = { ...fixed, queues, ...(tellsBegin && { tellsBegin }) }
  const beaten = await store.beat({ worker: id, ttlMs, about })
  assert.equal(beaten.lease, 'held', 'a worker that registers holds its lease')
  let call = 0
  let received = 0
  const ask = (limit: number, asked: AskOptions = {}): Ask => {
    call += 1
    return {
      worker: id,
      call,
      received,
      limit,
      ...(asked.tasks && { tasks: asked.tasks }),
      queues: asked.queues ?? queues.map((name) => ({ name, limit: 10_000 })),
      ...(asked.alone && { alone: true }),
    }
  }
  const claim = async (limit = 1, asked?: AskOptions) => {
    const claimed = await store.claim(ask(limit, asked))
    received = call
    return claimed
  }
  return {
    id,
    ask,
    claim,
    claimInVain: (limit = 1) => store.claim(ask(limit)),
    one: async (asked) => {
      const { jobs } = await claim(1, asked)
      assert.equal(jobs.length, 1, 'one job was to be had')
      return jobs[0] as ClaimedJob
    },
    settle: async ({ id: job, fence }, move, fields) => {
      const [settled] = await store.settle(id, [{ id: job, fence, move, ...fields }])
      return settled as Settled
    },
    beat: () => store.beat({ worker: id, ttlMs }),
  }
}

export async function seeJob(store: Store, id: string): Promise<Job> {
  const [found] = await store.get([id], { attempts: true, logs: true })
  assert.ok(found, `job ${id} is there`)
  return found
}

async function countOf(store: Store, name: string): Promise<Count> {
  const found = (await store.counts([name])).find((count) => count.queue === name)
  const zero = Object.fromEntries(allStates.map((state) => [state, 0])) as Record<State, number>
  return found ?? { queue: name, states: zero }
}

/** Every job that a filter finds, page by page. */
export async function findAll(
  store: Store,
  where: Parameters<Store['find']>[0] = {},
  limit = 100,
): Promise<readonly Job[]> {
  const jobs: Job[] = []
  for (let cursor: string | undefined, pages = 0; pages < 10_000; pages++) {
    const page = await store.find(where, { limit, ...(cursor !== undefined && { cursor }) })
    jobs.push(...page.jobs)
    cursor = page.cursor
    if (cursor === undefined) return jobs
  }
  throw new assert.AssertionError({ message: 'the pages of find come to an end' })
}

/** The counters say what counting the jobs one by one says. */
export async function recount(store: Store): Promise<void> {
  let before = await told(store)
  for (;;) {
    const counted = new Map<string, number>()
    for (const { queue: name, state } of await findAll(store))
      counted.set(`${name} ${state}`, (counted.get(`${name} ${state}`) ?? 0) + 1)
    const after = await told(store)
    // A server may still be writing what a process asked for before it was killed.
    const moved = JSON.stringify(before) !== JSON.stringify(after)
    before = after
    if (!moved) return assert.deepEqual(after, [...counted].sort(), 'counters equal a recount')
  }
}

/** What the counters say, in order. */
async function told(store: Store): Promise<readonly (readonly [string, number])[]> {
  const counts = await store.counts()
  const all = counts.flatMap(({ queue: name, states }) =>
    allStates.map((state) => [`${name} ${state}`, states[state]] as const),
  )
  return all.filter(([, n]) => n !== 0).sort()
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const anError = (message = 'no route to host'): ErrorInfo => ({
  name: 'Error',
  message,
  stack: `Error: ${message}\n    at send (mail.js:1:1)`,
  fingerprint: '0123456789abcdef',
})

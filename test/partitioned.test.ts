// One store of several: spread queues, ids, and partitions that are away, forget a worker, or lose replies.
import { legwork, LegworkError, task, unchecked } from 'legwork'
import { dice } from '../src/conformance/room.ts'
import { memory } from 'legwork/memory'
import { partitioned } from 'legwork/partitioned'
import { postgres } from 'legwork/postgres'
import { redis } from 'legwork/redis'
import { sqlite } from 'legwork/sqlite'
import type { Store } from 'legwork/store'
import { virtualClock } from 'legwork/testing'
import { expect, test } from 'vitest'
import type { NewJob } from '../src/job/job.ts'
import { fragile, type Mishap, queuesByHome } from './fixtures/partitions.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const until = async (isSo: () => boolean | Promise<boolean>) => {
  for (const end = Date.now() + 15_000; !(await isSo()); ) {
    if (Date.now() > end) throw new Error('it did not come about within 15 s')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
const jobOf = (id: string, queue: string, more: Partial<NewJob> = {}): NewJob => ({
  ...{ id, queue, task: 't', payload: '1', version: 1, priority: 5, maxAttempts: 3, tags: [] },
  retain: { completed: 86_400_000, cancelled: 604_800_000, dead: null },
  ...more,
})
const code = (error: unknown) => (error instanceof LegworkError ? error.code : String(error))
const codeOf = (call: Promise<unknown>) => call.then(() => 'done', code)
const about = { host: 'h', pid: 1, version: '0', queues: [], tasks: ['t'], concurrency: 10 }

test('options that cannot be are refused before anything is opened', () => {
  const codes = [
    () => partitioned([]),
    () => partitioned([memory()]),
    () => partitioned([memory(), memory()], { spread: ['a', ''] }),
    () => partitioned([memory(), memory()], { spread: ['~partition'] }),
    () => partitioned([memory(), null as unknown as Store]),
    ...[0, 1.5, 10_000, Number.NaN, '8'].map(
      (n) => () => redis({ url: 'redis://h', partitions: n as number }),
    ),
    ...['partitions=0', 'partitions=x', 'spread=a', 'partitions=2&spread=a,,b', 'cluster=yes', 'fsync=1'].map(
      (said) => () => redis(`redis://h?${said}`),
    ),
    ...['partitions=8', 'spread=a'].map((said) => () => postgres(`postgres://h/d?${said}`)),
    () => partitioned([memory(), memory()], { spreads: ['a'] } as object),
    () => partitioned([memory(), sqlite({ path: ':memory:' })]),
  ].map((make) => {
    try {
      return make().name
    } catch (error) {
      return code(error)
    }
  })
  expect(codes).toEqual(codes.map(() => 'LW1201'))
})

test('another number of partitions, another order and other spread queues are refused, and nothing is changed', async () => {
  const [a, b, c] = [memory(), memory(), memory()]
  const report = await partitioned([a, b, c], { spread: ['images'] }).open()
  expect(report.findings[0]).toMatchObject({ about: 'partitions', value: '3, spread: images' })
  for (const wrong of [
    partitioned([a, b], { spread: ['images'] }),
    partitioned([b, a, c], { spread: ['images'] }),
    partitioned([a, b, c]),
    partitioned([a, b, c], { spread: ['images', 'more'] }),
  ])
    await expect(wrong.open()).rejects.toThrow(/^LW1030 partition \d of \d (is|spreads) .* in the store/)
  await partitioned([a, b, c], { spread: ['images'] }).open()
  expect(await partitioned([a, b, c], { spread: ['images'] }).counts()).toEqual([])
})

test('a store that has jobs already does not become a partition: they would be where nobody looks for them', async () => {
  const [a, b] = [memory(), memory()]
  await a.open()
  await a.enqueue([jobOf('one', 'mail')])
  expect(await codeOf(partitioned([a, b]).open())).toBe('LW1030')
  expect((await a.counts()).map(({ queue }) => queue)).toEqual(['mail'])
  const fresh = [memory(), memory()]
  const all = await Promise.all([1, 2, 3].map(() => codeOf(partitioned(fresh).open())))
  expect(all).toEqual(['done', 'done', 'done'])
})

test('a spread queue lies in all partitions; its keys are unique, its pause holds everywhere, and limits are refused', async () => {
  const { store, stores } = fragile(4, { spread: ['images'] })
  const app = legwork({ store, log: silent })
  const image = task('image', { input: unchecked<number>(), queue: 'images' })
  const once = task('once', { input: unchecked<number>(), queue: 'images', unique: { by: (n) => n % 10 } })
  for (let n = 0; n < 100; n++) await app.enqueue(image, n)
  const handles = await Promise.all(Array.from({ length: 60 }, (_, n) => app.enqueue(once, n)))
  expect(new Set(handles.map(({ id }) => id)).size).toBe(10)
  const waiting = await Promise.all(
    stores.map(async (part) => (await part.counts(['images']))[0]?.states.ready),
  )
  expect(waiting.every((n) => (n ?? 0) > 5)).toBe(true)
  expect((await store.counts())[0]).toMatchObject({ queue: 'images', states: { ready: 110 } })

  // A batch is written as a whole, so into one partition; with keys it would have to go to several.
  const before = await counted(stores)
  await app.enqueueMany(image, [1, 2, 3, 4, 5, 6, 7, 8])
  const after = await counted(stores)
  expect(after.map((n, i) => n - (before[i] ?? 0)).sort()).toEqual([0, 0, 0, 8])
  expect(await codeOf(app.enqueueMany(once, [100, 101, 102, 103, 104, 105]))).toBe('LW1031')
  const limit = { name: 'images', limits: { maxWaiting: 5, by: 'ada' } }
  expect(await codeOf(store.setQueues([limit]))).toBe('LW1031')

  await app.pause('images', 'for a while')
  app.handle(image, () => {})
  app.handle(once, () => {})
  await app.start({ concurrency: 20 })
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect((await store.counts())[0]).toMatchObject({ states: { completed: 0 }, paused: { by: 'application' } })
  await app.resume('images')
  await until(async () => (await store.counts())[0]?.states.completed === 118)
  await app.stop()
})

async function counted(stores: readonly Store[]): Promise<readonly number[]> {
  return Promise.all(stores.map(async (part) => (await part.counts(['images']))[0]?.states.ready ?? 0))
}

test('one id is one job, whatever fails at any call, whoever dies between two, and for whatever queue it comes again', async () => {
  const clock = virtualClock()
  const random = dice(7)
  const one = fragile(3, { clock })
  await one.store.open()
  const queues = Array.from({ length: 9 }, (_, n) => `q-${n}`)
  const pick = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)] as T
  let isRough = true
  one.mishap = (): Mishap => (isRough && random() < 0.25 ? pick(['before', 'after']) : undefined)
  const acknowledged = new Set<string>()
  const failures = new Map<string, number>()
  for (let round = 0; round < 300; round++) {
    const id = `id-${Math.floor(random() * 60)}`
    // A process of its own, which forgets all it knew.
    const store = one.again()
    const calls = Array.from({ length: random() < 0.3 ? 2 : 1 }, () =>
      store.enqueue([jobOf(id, pick(queues))]),
    )
    for (const end of await Promise.allSettled(calls)) {
      const answer = end.status === 'fulfilled' ? end.value[0] : undefined
      if (answer && answer.outcome !== 'refused') acknowledged.add(id)
      const why =
        end.status === 'rejected'
          ? code(end.reason)
          : answer?.outcome === 'refused'
            ? answer.refusal.because
            : 'written'
      failures.set(why, (failures.get(why) ?? 0) + 1)
    }
    if (random() < 0.3) await clock.advance(61_000)
  }
  isRough = false
  const found = await Promise.all(one.stores.map((part) => part.find({}, { limit: 1_000 })))
  const ids = found.flatMap(({ jobs }) => jobs.map((job) => job.id))
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBeGreaterThan(30)
  for (const id of acknowledged) expect(ids).toContain(id)
  expect(failures.get('LW1032')).toBeGreaterThan(50)

  /** Once nobody fails any more every id can be written, and is again one job. */
  await clock.advance(61_000)
  const store = one.again()
  for (let n = 0; n < 60; n++) await store.enqueue([jobOf(`id-${n}`, pick(queues))])
  const all = await Promise.all(one.stores.map((part) => part.find({}, { limit: 1_000 })))
  expect(all.flatMap(({ jobs }) => jobs).length).toBe(60)
})

test('names of jobs that are gone are forgotten, and those of others are not', async () => {
  const clock = virtualClock()
  const { store, stores } = fragile(3, { clock })
  await store.open()
  for (let n = 0; n < 40; n++) await store.enqueue([jobOf(`id-${n}`, `q-${n % 7}`)])
  const ids = Array.from({ length: 30 }, (_, n) => `id-${n}`)
  await store.act({ verb: 'remove', ids, by: 'ada' })
  const names = async () =>
    (await Promise.all(stores.map(async (part) => (await part.names?.unused(0, 1_000))?.length ?? 0))).reduce(
      (a, b) => a + b,
    )
  expect(await names()).toBe(40)
  await clock.advance(3_700_000)
  await store.tend(100)
  expect(await names()).toBe(10)
})

test('a partition that is away stops what is in it and nothing else; what was to be settled there is settled later', async () => {
  const one = fragile(3)
  const { store, down } = one
  const app = legwork({ store, log: silent })
  const homes = await store.open().then(() => queuesByHome(one))
  const tasks = homes.map(([queue = ''], i) => task(`home-${i}`, { input: unchecked<number>(), queue }))
  const ran: string[] = []
  const held: (() => void)[] = []
  for (const each of tasks)
    app.handle(each, async ({ input, job }) => {
      ran.push(`${job.task} ${input}`)
      if (input === 0) await new Promise<void>((resolve) => held.push(resolve))
    })
  await app.start({ concurrency: 20 })
  const [first, second, third] = tasks as [(typeof tasks)[0], (typeof tasks)[0], (typeof tasks)[0]]
  const blocked = await app.enqueue(second, 0)
  await until(() => held.length === 1)

  down.add(1)
  held[0]?.()
  expect(await codeOf(app.enqueue(second, 1))).toMatch(/LW1017|LW1032/)
  const startedAt = performance.now()
  const done = await Promise.all([first, third].flatMap((each) => [1, 2, 3].map((n) => app.enqueue(each, n))))
  await Promise.all(done.map((handle) => handle.result({ timeout: '10s' })))
  expect(performance.now() - startedAt).toBeLessThan(5_000)
  // A producer of several queues at once hears of each.
  const mixed = await Promise.allSettled([first, second, third].map((each) => app.enqueue(each, 9)))
  expect(mixed.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await codeOf(store.counts())).toBe('LW1032')
  expect(await codeOf(store.get([blocked.id]))).toBe('LW1032')

  down.delete(1)
  await blocked.result({ timeout: '10s' })
  expect(await app.run(second, 2, { timeout: '10s' })).toBeUndefined()
  expect(ran.filter((one) => one === 'home-1 0')).toHaveLength(1)
  await app.stop()
})

test('a worker that one partition has lost gives up the jobs of that one, and goes on there under another name', async () => {
  const one = fragile(3)
  const { store, stores } = one
  const app = legwork({ store, log: silent })
  const homes = await store.open().then(() => queuesByHome(one))
  const tasks = homes.map(([queue = ''], i) => task(`home-${i}`, { input: unchecked<number>(), queue }))
  const started: string[] = []
  const reasons: string[] = []
  let end = () => {}
  const over = new Promise<void>((resolve) => (end = resolve))
  for (const each of tasks)
    app.handle(each, async ({ job, signal, attempt }) => {
      started.push(job.task)
      signal.addEventListener('abort', () => reasons.push(`${job.task} ${(signal.reason as Error).name}`))
      if (attempt === 1) await over
    })
  const handles = await Promise.all(tasks.map((each) => app.enqueue(each, 1)))
  await app.start({ concurrency: 20 })
  await until(() => started.length === 3)
  // Only this partition, as if it had been away for longer than a lease.
  expect(await stores[1]?.lapse([app.workerId as string], 'its lease ran out')).toBe(1)
  await until(() => started.length === 4)
  expect(started[3]).toBe('home-1')
  expect(reasons).toEqual(['home-1 LeaseLost'])
  end()
  await Promise.all(handles.map((handle) => handle.result({ timeout: '10s' })))
  const jobs = await store.get(
    handles.map(({ id }) => id),
    { attempts: true },
  )
  expect(jobs.map((job) => [job?.state, job?.losses])).toEqual([
    ['completed', 0],
    ['completed', 1],
    ['completed', 0],
  ])
  expect(new Set(jobs.flatMap((job) => job?.attempts?.map(({ worker }) => worker)))).toEqual(
    new Set([app.workerId]),
  )
  expect((await store.workers()).map(({ id }) => id)).toEqual([app.workerId])
  await app.stop()
  await store.open()
  expect(await store.workers()).toEqual([])
})

test('an answer that refuses an old lease and brings the job anew leaves the new one with the worker', async () => {
  const { store, stores } = fragile(3)
  await store.open()
  await store.enqueue([jobOf('one', 'q')])
  await store.beat({ worker: 'w', ttlMs: 60_000, about: { ...about, queues: ['q'] } })
  const ask = (call: number) => ({
    worker: 'w',
    call,
    received: call - 1,
    limit: 1,
    queues: [{ name: 'q', limit: 1 }],
  })
  const first = (await store.claim(ask(1))).jobs[0]
  for (const part of stores) if ((await part.get(['one']))[0]) await part.lapse(['w'], 'its lease ran out')
  const heard = await store.claim(ask(2))
  expect([heard.lease, heard.jobs, heard.lost]).toEqual(['held', [], [{ id: 'one', fence: first?.fence }]])
  const late = { id: 'one', fence: first?.fence ?? 0, move: 'complete' } as const
  const { settled, claimed } = await store.exchange([late], ask(3))
  expect([settled, claimed.jobs.length]).toEqual([['stale'], 1])
  const now = { ...late, fence: claimed.jobs[0]?.fence ?? 0 }
  expect((await store.exchange([now], ask(4))).settled).toEqual(['applied'])
  expect((await store.get(['one']))[0]).toMatchObject({ state: 'completed', attempt: 2, losses: 1 })
})

test('replies that are lost in single partitions strand no job and start none twice', async () => {
  const random = dice(11)
  const one = fragile(3, { spread: ['wide'] })
  const { store } = one
  await store.open()
  const queues = ['wide', ...Array.from({ length: 6 }, (_, n) => `q-${n}`)]
  const ids = Array.from({ length: 800 }, (_, n) => `job-${n}`)
  for (const [n, id] of ids.entries()) await store.enqueue([jobOf(id, queues[n % queues.length] as string)])
  await store.beat({ worker: 'w', ttlMs: 3_600_000, about: { ...about, queues } })
  let lost = 0
  one.mishap = (_index, verb): Mishap => {
    if (!['claim', 'exchange'].includes(verb) || random() > 0.3) return undefined
    lost += 1
    return random() < 0.5 ? 'before' : 'after'
  }
  const held = new Map<string, number>()
  const claimed = new Map<string, number>()
  let done: { id: string; fence: number; move: 'complete' }[] = []
  const finished = new Set<string>()
  let received = 0
  for (let call = 1; finished.size < ids.length && call < 4_000; call++) {
    const limit = 1 + Math.floor(random() * 12)
    const ask = { worker: 'w', call, received, limit, queues: queues.map((name) => ({ name, limit })) }
    // The whole answer may be lost, too.
    const answer = await store.exchange(done, ask).catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 1))
    if (!answer || random() < 0.1) continue
    received = call
    done = done.filter((settlement, i) => {
      if (answer.settled[i] === undefined) return true
      expect(answer.settled[i]).toBe('applied')
      finished.add(settlement.id)
      held.delete(settlement.id)
      return false
    })
    for (const { id, fence } of answer.claimed.jobs) {
      expect(held.has(id), `${id} is delivered twice in answers that arrived`).toBe(false)
      held.set(id, fence)
      claimed.set(id, (claimed.get(id) ?? 0) + 1)
      done.push({ id, fence, move: 'complete' })
    }
  }
  expect(finished.size).toBe(ids.length)
  expect(lost).toBeGreaterThan(100)
  expect((await store.get(ids)).every((job) => job?.attempt === 1 && job.state === 'completed')).toBe(true)
}, 60_000)

// Partitions that say nothing, answer too late, or are left by whoever was writing to them: what must hold for each call.
import { legwork, LegworkError, StoreError, task, unchecked } from 'legwork'
import type { Store } from 'legwork/store'
import { virtualClock } from 'legwork/testing'
import { expect, test } from 'vitest'
import { dice } from '../src/conformance/room.ts'
import type { NewJob } from '../src/job/job.ts'
import type { ScheduleBody } from '../src/job/schedule.ts'
import { type Fragile, fragile, freeze, type Mishap, queuesByHome } from './fixtures/partitions.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const until = async (isSo: () => boolean | Promise<boolean>, ms = 10_000) => {
  for (const end = Date.now() + ms; !(await isSo()); ) {
    if (Date.now() > end) throw new Error(`it did not come about within ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
const jobOf = (id: string, queue: string, more: Partial<NewJob> = {}): NewJob => ({
  ...{ id, queue, task: 't', payload: '1', version: 1, priority: 5, maxAttempts: 3, tags: [] },
  retain: { completed: 86_400_000, cancelled: 604_800_000, dead: null },
  ...more,
})
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: unknown) => (error instanceof LegworkError ? error.code : String(error)),
  )
const about = { host: 'h', pid: 1, version: '0', queues: [], tasks: ['t'], concurrency: 10 }
const ids = ({ stores }: Fragile) =>
  Promise.all(stores.map(async (part) => (await part.find({}, { limit: 1_000 })).jobs.map(({ id }) => id)))
const homes = async (one: Fragile) =>
  (await queuesByHome(one)).map((names) => names[0] as string) as [string, string, string]

test('a batch that is written as a whole is not written in part when the name of one id cannot be taken', async () => {
  const one = fragile(3)
  await one.store.open()
  const [queue] = await homes(one)
  one.down.add(1)
  const batch = Array.from({ length: 12 }, (_, n) => jobOf(`id-${n}`, queue))
  const answers = await one.store.enqueue(batch, { allOrNone: true }).catch((error: unknown) => error)
  expect((await ids(one)).flat()).toEqual([])
  expect(answers).toHaveLength(12)
  const all = answers as readonly { outcome: string; refusal: { because: string } }[]
  expect(new Set(all.map(({ refusal }) => refusal.because))).toEqual(new Set(['away', 'batch']))
})

test('an id of the caller’s own that looks minted refuses nobody else while a partition is away', async () => {
  const one = fragile(3)
  await one.store.open()
  const [a] = await homes(one)
  one.down.add(2)
  const minted = '01M81M6552006R7KYZKXY0ANFM'
  const [odd, plain] = await one.store.enqueue([
    jobOf(minted, a, { isOwnId: true }),
    jobOf('01M81M6552006R7KYZKXY0ANFN', a),
  ])
  expect([odd?.outcome, plain?.outcome]).toEqual(['refused', 'created'])
})

test('a call whose name came too late writes nothing, and may be repeated', async () => {
  const clock = virtualClock()
  const one = fragile(3, { clock })
  await one.store.open()
  const [a] = await homes(one)
  const thaws = [0, 1, 2].map((index) => freeze(one, index))
  const late = codeOf(one.store.enqueue([jobOf('slow', a)]))
  await clock.advance(6_000)
  for (const thaw of thaws) thaw()
  expect(await late).toBe('LW1032')
  expect((await ids(one)).flat()).toEqual([])
  expect((await one.store.enqueue([jobOf('slow', a)]))[0]?.outcome).toBe('created')
})

test('the cursor of a page is one word, and what is none is refused', async () => {
  const { store } = fragile(3)
  await store.open()
  for (let n = 0; n < 20; n++) await store.enqueue([jobOf(`id-${n}`, `q-${n}`)])
  const { cursor = '' } = await store.find({}, { limit: 5 })
  expect(cursor).toMatch(/^[\w-]+$/)
  for (const bad of ['', 'x', '5', cursor.slice(0, -4), Buffer.from('["",1,null]').toString('base64url')])
    expect(await codeOf(store.find({}, { limit: 5, cursor: bad }))).toBe('LW1201')
})

test('progress of a job whose partition says nothing keeps no other partition waiting', async () => {
  const one = fragile(3)
  const app = legwork({ store: one.store, log: silent })
  await one.store.open()
  const tasks = (await homes(one)).map((queue, i) => task(`home-${i}`, { input: unchecked<number>(), queue }))
  const [first, second] = tasks as [(typeof tasks)[0], (typeof tasks)[0]]
  let isOver = false
  app.handle(first, () => {})
  app.handle(second, async ({ progress }) => {
    for (let n = 0; !isOver; n++) {
      progress(n % 100)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
  await app.start({ concurrency: 20 })
  const blocked = await app.enqueue(second, 0)
  await until(async () => (await one.store.get([blocked.id]))[0]?.state === 'running')
  const thaw = freeze(one, 1)
  for (let n = 0; n < 3; n++) expect(await app.run(first, n, { timeout: '8s' })).toBeUndefined()
  one.down.add(1)
  thaw()
  for (let n = 0; n < 3; n++) expect(await app.run(first, n, { timeout: '8s' })).toBeUndefined()
  one.down.delete(1)
  isOver = true
  await blocked.result({ timeout: '10s' })
  await app.stop()
}, 30_000)

test('two processes do every job to its end, each under one fence, whatever calls fail before or after they are done', async () => {
  const random = dice(23)
  const one = fragile(3, { spread: ['wide'] })
  await one.store.open()
  const queues = ['wide', ...(await homes(one))]
  const runs = new Map<string, number>()
  const apps = [one.store, one.again()].map((store) =>
    legwork({ store, log: silent, buffer: { max: 500, for: '20s' } }),
  )
  const tasks = queues.map((queue, i) => task(`task-${i}`, { input: unchecked<number>(), queue }))
  for (const app of apps)
    for (const each of tasks)
      app.handle(each, async ({ job, progress }) => {
        const key = `${job.id} ${job.fence}`
        runs.set(key, (runs.get(key) ?? 0) + 1)
        progress(50)
        await new Promise((resolve) => setTimeout(resolve, 5))
      })
  for (const app of apps) await app.start({ concurrency: 20, lease: '2s', beat: 200 })
  one.mishap = (): Mishap => (random() < 0.08 ? (random() < 0.5 ? 'before' : 'after') : undefined)
  const wanted = Array.from({ length: 240 }, (_, n) => `job-${n}`)
  await Promise.all(
    wanted.map((id, n) =>
      apps[n % 2]?.enqueue(tasks[n % 4] as (typeof tasks)[0], n, n % 3 === 0 ? { id } : {}),
    ),
  )
  const done = async () =>
    (await Promise.all(one.stores.map((part) => part.counts())))
      .flat()
      .reduce((n, { states }) => n + states.completed, 0)
  await until(async () => (await done()) === 240, 25_000)
  one.mishap = () => undefined
  const all = (await Promise.all(one.stores.map((part) => part.find({}, { limit: 1_000 })))).flatMap(
    ({ jobs }) => jobs,
  )
  expect(all.map(({ id }) => id)).toHaveLength(240)
  expect(new Set(all.map(({ id }) => id)).size).toBe(240)
  expect([...runs.values()].every((n) => n === 1)).toBe(true)
  for (const app of apps) await app.stop()
}, 60_000)

test.each([1, 3])(
  'an ending that was written and whose reply was lost is answered as written, also when the partition has lost the worker since, %s times',
  async (times) => {
    const one = fragile(3)
    const { store } = one
    await store.open()
    const [, queue] = await homes(one)
    await store.enqueue([jobOf('one', queue)])
    await store.beat({ worker: 'w', ttlMs: 60_000, about: { ...about, queues: [queue] } })
    const ask = { worker: 'w', limit: 2, queues: [{ name: queue, limit: 2 }] }
    const { jobs } = await store.claim({ ...ask, call: 1, received: 0 })
    const done = jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' as const }))
    one.mishap = (_, verb): Mishap => (verb === 'exchange' ? 'after' : undefined)
    expect(await codeOf(store.exchange(done, { ...ask, call: 2, received: 1 }))).toBe('LW1032')
    one.mishap = () => undefined
    for (let time = 0; time < times; time++) {
      await one.stores[1]?.lapse([time === 0 ? 'w' : `w~${time}`], 'its lease ran out')
      const { lost = [] } = await store.claim({ ...ask, call: 3 + time, received: 1 })
      expect(lost).toHaveLength(time === 0 ? 1 : 0)
    }
    expect((await store.exchange(done, { ...ask, call: 9, received: 8 })).settled).toEqual(['applied'])
  },
)

test('a settlement of a job that nobody remembers waits alone while a partition is away', async () => {
  const one = fragile(3)
  const { store } = one
  await store.open()
  const queues = await homes(one)
  await store.enqueue([jobOf('here', queues[0]), jobOf('there', queues[1])])
  await store.beat({ worker: 'w', ttlMs: 60_000, about: { ...about, queues } })
  const ask = { worker: 'w', limit: 2, queues: queues.map((name) => ({ name, limit: 2 })) }
  const { jobs } = await store.claim({ ...ask, call: 1, received: 0 })
  // Another process of the same worker's name stands for one that has forgotten.
  const again = one.again()
  one.down.add(1)
  const done = jobs.map(({ id, fence }) => ({ id, fence, move: 'complete' as const }))
  const { settled } = await again.exchange(done, { ...ask, call: 2, received: 1 })
  const said = Object.fromEntries(jobs.map(({ id }, i) => [id, settled[i]]))
  expect(said).toEqual({ here: 'applied', there: undefined })
})

test('an operation on dead letters that was begun in some partitions is begun in the others when it is said again', async () => {
  const one = fragile(3, { spread: ['wide'] })
  await one.store.open()
  await bury(one.store, 60)
  const plan = { id: 'bulk-1', kind: 'redrive', filter: { queue: 'wide' }, by: 'ada', driver: 'd' } as const
  one.mishap = (index, verb): Mishap => (index === 2 && verb === 'bulk.start' ? 'before' : undefined)
  expect(await codeOf(one.store.bulk.start(plan))).toBe('LW1032')
  one.mishap = () => undefined
  expect((await one.store.bulk.start(plan)).total).toBe(60)
  expect((await drive(one.store, plan.id))?.done).toBe(60)
  expect((await one.store.counts())[0]?.states).toMatchObject({ dead: 0, ready: 60 })
})

test('an operation over all partitions does each job once, whatever fails and whoever drives it', async () => {
  const random = dice(5)
  for (let round = 0; round < 15; round++) {
    const one = fragile(3, { spread: ['wide'] })
    await one.store.open()
    await bury(one.store, 40)
    const limit = round % 3 === 0 ? { limit: 17 } : {}
    const plan = {
      id: 'b',
      kind: 'redrive',
      filter: { queue: 'wide' },
      by: 'ada',
      driver: 'd',
      ...limit,
    } as const
    one.mishap = (): Mishap => (random() < 0.15 ? (random() < 0.5 ? 'before' : 'after') : undefined)
    while ((await codeOf(one.store.bulk.start(plan))) !== 'done');
    let bulk: Awaited<ReturnType<typeof drive>>
    for (let tries = 0; bulk?.state !== 'done' && tries < 500; tries++)
      bulk = await drive(random() < 0.5 ? one.store : one.again(), plan.id).catch(() => undefined)
    one.mishap = () => undefined
    expect((await one.store.bulk.list(['b']))[0]).toMatchObject({ state: 'done', done: limit.limit ?? 40 })
    expect((await one.store.counts())[0]?.states).toMatchObject({
      dead: 40 - (limit.limit ?? 40),
      ready: limit.limit ?? 40,
    })
  }
})

test('an operation on a queue with a home goes on while another partition is away', async () => {
  const one = fragile(3)
  await one.store.open()
  const [queue] = await homes(one)
  await bury(one.store, 10, queue)
  one.down.add(2)
  const plan = { id: 'b', kind: 'redrive', filter: { queue }, by: 'ada', driver: 'd' } as const
  await one.store.bulk.start(plan)
  expect(await drive(one.store, 'b')).toMatchObject({ state: 'done', done: 10 })
})

test('a redrive into a spread queue from one that is not is refused, for a unique key would be in two places', async () => {
  const one = fragile(3, { spread: ['wide', 'broad'] })
  await one.store.open()
  const [home] = await homes(one)
  const plan = { id: 'b', kind: 'redrive', to: 'wide', by: 'ada', driver: 'd' } as const
  expect(await codeOf(one.store.bulk.start({ ...plan, filter: { queue: home } }))).toBe('LW1031')
  expect(await codeOf(one.store.bulk.start({ ...plan, filter: {} }))).toBe('LW1031')
  expect(await one.store.bulk.list()).toEqual([])
  expect(await codeOf(one.store.bulk.start({ ...plan, filter: { queue: 'broad' } }))).toBe('done')
})

test('while a partition is away the schedules of the others fire', async () => {
  const one = fragile(3)
  const app = legwork({ store: one.store, log: silent })
  await one.store.open()
  const fired = new Map<string, number>()
  for (const [i, queue] of (await homes(one)).entries()) {
    const tick = task(`tick-${i}`, { input: unchecked<number>(), queue })
    app.handle(tick, ({ job }) => void fired.set(job.task, (fired.get(job.task) ?? 0) + 1))
    app.schedule(`every-${i}`, { task: tick, every: '1s', input: 1, overlap: 'allow' })
  }
  await app.start({ concurrency: 20 })
  await until(() => fired.size === 3)
  one.down.add(1)
  const before = new Map(fired)
  await until(() =>
    ['tick-0', 'tick-2'].every((name) => (fired.get(name) ?? 0) > (before.get(name) ?? 0) + 1),
  )
  one.down.delete(1)
  await app.stop()
}, 30_000)

test('what is about one queue needs its partition and no other', async () => {
  const one = fragile(3, { spread: ['wide'] })
  const { store } = one
  await store.open()
  const [queue] = await homes(one)
  await bury(store, 2, queue)
  one.down.add(1)
  const paused = { reason: 'look', by: 'ada' }
  await store.setQueues([{ name: queue, paused }])
  expect(await store.counts([queue])).toMatchObject([{ states: { dead: 2 }, paused }])
  const [group] = await store.failures.list({ queue })
  expect(group?.count).toBe(2)
  const mark = { fingerprint: group?.fingerprint ?? '', queue, status: 'ignored', by: 'ada' } as const
  expect(await store.failures.mark([mark])).toEqual([1])
  expect((await store.find({ queue }, { limit: 5 })).jobs).toHaveLength(2)
  // What lies in all of them does need them, and says so.
  expect(await codeOf(store.setQueues([{ name: 'wide', paused }]))).toBe('LW1032')
  one.down.delete(1)
  await until(async () => (await codeOf(store.setQueues([{ name: 'wide', paused }]))) === 'done')
  for (const part of one.stores) expect((await part.counts(['wide']))[0]?.paused).toMatchObject(paused)
})

test('processes that make one schedule for queues of several partitions make one, whatever fails', async () => {
  const clock = virtualClock()
  const one = fragile(3, { clock })
  await one.store.open()
  const queues = await homes(one)
  const random = dice(3)
  for (let round = 0; round < 40; round++) {
    one.mishap = (): Mishap => (random() < 0.1 ? (random() < 0.5 ? 'before' : 'after') : undefined)
    const name = `s-${round % 10}`
    await Promise.allSettled(
      queues.map(async (queue) => {
        const store = random() < 0.5 ? one.store : one.again()
        const [was] = await store.schedules.list({ names: [name], limit: 1 })
        await store.schedules.set([changeOf(name, queue, clock.now(), was?.revision ?? 0)])
      }),
    )
    if (random() < 0.3) await clock.advance(61_000)
  }
  one.mishap = () => undefined
  const found = await Promise.all(one.stores.map((part) => part.schedules.list({ limit: 100 })))
  const names = found.flat().map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.length).toBe(10)
})

test('a schedule that another process has removed is made anew for a queue of another partition', async () => {
  const one = fragile(3)
  const { store } = one
  await store.open()
  const [a, b] = await homes(one)
  expect(await store.schedules.set([changeOf('s', a, 0, 0)])).toEqual(['set'])
  const other = one.again()
  expect(await other.schedules.list({ names: ['s'], limit: 1 })).toHaveLength(1)
  expect(await store.schedules.set([{ name: 's', revision: 1, to: null }])).toEqual(['set'])
  // Its name is kept for a minute, in case that its maker is only late.
  const clocked = await codeOf(other.schedules.set([changeOf('s', b, 0, 0)]))
  expect(clocked).toMatch(/^(done|LW1033)$/)
  expect(await other.schedules.list({ names: ['s'], limit: 1 })).toHaveLength(clocked === 'done' ? 1 : 0)
})

test('a schedule does not go to another partition, and loses no slot and has none twice', async () => {
  const one = fragile(3)
  const { store } = one
  await store.open()
  const [a, b] = await homes(one)
  await store.schedules.set([changeOf('s', a, 0, 0)])
  expect(await codeOf(store.schedules.set([changeOf('s', b, 0, 1)]))).toBe('LW1031')
  expect((await store.schedules.list({ names: ['s'], limit: 1 }))[0]?.plan.job.queue).toBe(a)
})

test('a policy of fewer jobs than there are partitions is refused, for a share of it would keep none', async () => {
  const { store } = fragile(4)
  await store.open()
  expect(await codeOf(store.retention.set({ to: { dead: { count: 3 } }, by: 'ada' }))).toBe('LW1031')
  expect(await codeOf(store.retention.set({ to: { dead: { count: 0 } }, by: 'ada' }))).toBe('done')
  expect(
    await codeOf(store.retention.set({ to: { queues: { q: { dead: { count: 3 } } } }, by: 'ada' })),
  ).toBe('done')
})

test('names of jobs that are gone are forgotten as fast as they come', async () => {
  const clock = virtualClock()
  const { store, stores } = fragile(3, { clock })
  await store.open()
  for (let n = 0; n < 3_000; n += 500)
    await store.enqueue(Array.from({ length: 500 }, (_, i) => jobOf(`id-${n + i}`, `q-${i % 7}`)))
  await store.act({ verb: 'remove', ids: Array.from({ length: 3_000 }, (_, n) => `id-${n}`), by: 'ada' })
  await clock.advance(3_700_000)
  let turns = 0
  while ((await store.tend(1_000)).more && turns < 100) turns += 1
  const left = await Promise.all(stores.map(async (part) => (await part.names?.unused(0, 10_000))?.length))
  expect(left).toEqual([0, 0, 0])
})

test('what a person says of a group of failures holds for that of every partition', async () => {
  const one = fragile(3, { spread: ['wide'] })
  await one.store.open()
  await bury(one.store, 1, 'wide')
  const [group] = await one.store.failures.list()
  await one.store.failures.mark([{ fingerprint: group?.fingerprint ?? '', status: 'ignored', by: 'ada' }])
  await bury(one.store, 30, 'wide')
  expect(await one.store.failures.list()).toMatchObject([{ count: 31, status: 'ignored' }])
})

test('who cannot open all partitions leaves none open, and can open them later', async () => {
  const one = fragile(3)
  const closed: number[] = []
  let isDown = true
  const parts = one.stores.map(
    (store, i): Store => ({
      ...store,
      open: async (how) => {
        if (isDown && i === 2) throw new StoreError('LW1017', 'nobody is there')
        return store.open(how)
      },
      close: async () => void closed.push(i),
    }),
  )
  const { partitioned } = await import('legwork/partitioned')
  const store = partitioned(parts)
  expect(await codeOf(store.open())).toBe('LW1017')
  await expect(store.open()).rejects.toThrow('LW1017 partition 3 of 3 does not answer')
  isDown = false
  expect((await store.open()).findings[0]?.about).toBe('partitions')
  await store.close()
  expect(closed.sort()).toEqual([0, 1, 2])
})

const changeOf = (name: string, queue: string, now: number, revision: number) => {
  const { id: _id, payload, ...job } = jobOf('x', queue)
  const body: ScheduleBody = {
    plan: {
      ...{ when: { everyMs: 1_000, anchorAt: 0 }, job: { ...job, payload }, overlap: 'allow', jitterMs: 0 },
      missed: { run: 'last', withinMs: 60_000 },
    },
    source: { kind: 'api' },
    createdAt: now,
  }
  return { name, revision, to: { ...body, cursorAt: now - 1, nextAt: now } }
}

let buried = 0
/** Jobs that died. */
async function bury(store: Store, n: number, queue = 'wide', more: Partial<NewJob> = {}): Promise<void> {
  const worker = `buryer-${(buried += 1)}`
  await store.beat({ worker, ttlMs: 60_000, about: { ...about, queues: [queue] } })
  const error = { name: 'E', message: 'no', fingerprint: 'ff' }
  for (let i = 0; i < n; i++) await store.enqueue([jobOf(`dead-${buried}-${i}`, queue, more)])
  let call = 0
  for (let left = n; left > 0; ) {
    call += 1
    const ask = { worker, call, received: call - 1, limit: 100, queues: [{ name: queue, limit: 100 }] }
    const { jobs } = await store.claim(ask)
    left -= jobs.length
    await store.settle(
      worker,
      jobs.map(({ id, fence }) => ({
        id,
        fence,
        move: 'bury' as const,
        reason: 'exhausted',
        error,
      })) as never,
    )
  }
}

/** Drives an operation to its end, as a driver does: a page, a step. */
async function drive(store: Store, id: string) {
  for (;;) {
    const [bulk] = await store.bulk.list([id])
    if (!bulk || bulk.state === 'done') return bulk
    const found = await store.bulk.page({
      filter: bulk.filter,
      after: bulk.cursor,
      upTo: bulk.upTo,
      limit: 7,
    })
    await store.bulk.step({
      ...{ id, driver: 'd', from: bulk.cursor, to: found.to, jobs: found.jobs },
      ...(found.isEnd && { isEnd: true }),
    })
  }
}

// The worker's awkward moments, in one process on the memory store with real time.
import { AsyncLocalStorage } from 'node:async_hooks'
import { legwork, task, unchecked } from 'legwork'
import { memory } from 'legwork/memory'
import type { Store } from 'legwork/store'
import { testApp, virtualClock } from 'legwork/testing'
import { expect, test } from 'vitest'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}
const job = task('job', { input: unchecked<{ n: number }>() })

test('a lease that is lost while handlers are being aborted does not keep stop() from ending', async () => {
  const store = memory()
  const app = legwork({ store, log: silent })
  let isRunning = false
  let end: (() => void) | undefined
  app.handle(job, ({ signal }) => {
    isRunning = true
    // It ends a while after it was aborted, and meanwhile its lease is taken away.
    return new Promise((resolve) => signal.addEventListener('abort', () => (end = () => resolve(undefined))))
  })
  const handle = await app.enqueue(job, { n: 1 })
  await app.start()
  await until(() => isRunning)
  const worker = app.workerId as string
  const stopping = app.stop({ grace: 0 })
  await until(() => end !== undefined)
  await store.lapse([worker], 'taken away by the test')
  end?.()
  await stopping
  const [row] = await store.open().then(() => store.get([handle.id]))
  expect(row).toMatchObject({ state: 'ready', losses: 0, failures: 0 })
})

test('a handler that notes all the time keeps nobody from being settled', async () => {
  const app = legwork({ store: memory(), log: silent })
  const noisy = task('noisy')
  let isOver = false
  app.handle(noisy, async ({ progress }) => {
    for (let n = 0; !isOver; n = (n + 1) % 100) {
      progress(n)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  })
  app.handle(job, () => {})
  await app.start()
  const loud = await app.enqueue(noisy)
  // Each of these needs a turn of the exchange while the noise goes on.
  for (let n = 0; n < 20; n++) await app.run(job, { n }, { timeout: '20s' })
  isOver = true
  await loud.result({ timeout: '20s' })
  await app.stop()
})

test('what was claimed ahead is given back when the slots stay taken', async () => {
  const store = memory()
  const app = legwork({ store, log: silent })
  let runs = 0
  let isHeld = true
  app.handle(job, async ({ input }) => {
    runs += 1
    if (input.n < 500) return
    while (isHeld) await new Promise((resolve) => setTimeout(resolve, 5))
  })
  await app.enqueueMany(
    job,
    Array.from({ length: 600 }, (_, n) => ({ n })),
  )
  await app.start({ concurrency: 1 })
  await until(() => runs === 501)
  for (;;) {
    const [count] = await store.counts()
    if (count?.states.running === 1 && count.states.ready === 99) break
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  isHeld = false
  await app.stop()
})

test('a queue’s own slots hold when an answer was lost', async () => {
  const store = memory()
  let lose = false
  const losing: Store = {
    ...store,
    async exchange(settlements, ask) {
      const answer = await store.exchange(settlements, ask)
      if (!lose || answer.claimed.jobs.length === 0) return answer
      lose = false
      throw new Error('the reply was lost')
    },
  }
  const app = legwork({ store: losing, log: silent })
  const heavy = task('heavy', { queue: 'heavy' })
  let atOnce = 0
  let most = 0
  app.handle(heavy, async () => {
    most = Math.max(most, ++atOnce)
    await new Promise((resolve) => setTimeout(resolve, 20))
    atOnce -= 1
  })
  app.handle(job, () => {})
  const handles = [
    ...(await app.enqueueMany(heavy, [undefined, undefined, undefined])),
    ...(await app.enqueueMany(job, [{ n: 1 }, { n: 2 }])),
  ]
  lose = true
  await app.start({ queues: { heavy: { concurrency: 1 }, '*': { concurrency: 5 } } })
  await Promise.all(handles.map((handle) => handle.result({ timeout: '20s' })))
  expect(most).toBe(1)
  await app.stop()
})

test('handlers do not see the context of the request that enqueued some job', async () => {
  const request = new AsyncLocalStorage<string>()
  const app = legwork({ store: memory(), log: silent })
  const seen: unknown[] = []
  app.handle(job, () => void seen.push(request.getStore()))
  await app.start()
  await Promise.all(['a', 'b', 'c'].map((name, n) => request.run(name, () => app.run(job, { n }))))
  expect(seen).toEqual([undefined, undefined, undefined])
  await app.stop()
})

test('a schema that never answers is ended by the attempt’s timeout', async () => {
  const never = new Promise<never>(() => {})
  const validate = () => (isAsking ? { value: 'x' } : never)
  const slow = task('slow', {
    input: { '~standard': { version: 1, vendor: 'test', validate, types: { input: '', output: '' } } },
    timeout: '1m',
    retry: { attempts: 1 },
  })
  let isAsking = true
  await using t = testApp(
    legwork().handle(slow, () => {}),
    { abortGrace: '1s' },
  )
  const handle = await t.enqueue(slow, 'x')
  isAsking = false
  await t.clock.advance('2m')
  expect(await handle.status()).toMatchObject({
    state: 'dead',
    reason: 'exhausted',
    error: { code: 'LW2004' },
  })
})

test('a long run keeps its lease in virtual time, and its timeout comes when it should', async () => {
  const long = task('long', { timeout: '2h', retry: { attempts: 1 } })
  const reasons: string[] = []
  const app = legwork().handle(long, ({ signal }) => {
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reasons.push((signal.reason as Error).constructor.name)
        reject(signal.reason)
      })
    })
  })
  await using t = testApp(app)
  const handle = await t.enqueue(long)
  await t.clock.advance('3h')
  expect(reasons).toEqual(['TimedOut'])
  expect(await handle.status()).toMatchObject({ state: 'dead', losses: 0, failures: 1 })
})

test('what a call without an answer claims when it is carried out late, behind its own repeat, runs all the same', async () => {
  const clock = virtualClock()
  const inner = memory({ clock })
  let late: (() => Promise<unknown>) | undefined
  let isLost = false
  const store: Store = {
    ...inner,
    async exchange(settlements, ask) {
      if (isLost) {
        isLost = false
        late = () => inner.exchange(settlements, ask)
        throw new Error('the connection is gone')
      }
      return inner.exchange(settlements, ask)
    },
  }
  const app = legwork({ store, clock, log: silent })
  const ran: number[] = []
  app.handle(job, ({ input }) => void ran.push(input.n))
  await app.start({ concurrency: 3 })
  isLost = true
  await app.enqueue(job, { n: 1 })
  for (let n = 0; n < 20 && ran.length === 0; n++) await clock.advance(100)
  expect(ran).toEqual([1])
  const second = await app.enqueue(job, { n: 2 })
  // Before the worker asks for it.
  await late?.()
  expect(await second.status()).toMatchObject({ state: 'running' })
  for (let n = 0; n < 100 && ran.length === 1; n++) await clock.advance(100)
  expect(ran).toEqual([1, 2])
  expect(await second.status()).toMatchObject({ state: 'completed', attempt: 1, losses: 0 })
  await app.stop()
})

test('a worker that asks for all that it holds runs nothing twice, also where the answer comes in parts', async () => {
  const clock = virtualClock()
  const inner = memory({ clock })
  let isLost = false
  const store: Store = {
    ...inner,
    async exchange(settlements, ask) {
      if (isLost) throw new Error('the connection is gone')
      return inner.exchange(settlements, ask)
    },
  }
  const app = legwork({ store, clock, log: silent })
  const ran: number[] = []
  const ends = new Map<number, () => void>()
  app.handle(job, async ({ input: { n } }) => {
    ran.push(n)
    await new Promise<void>((resolve) => ends.set(n, resolve))
  })
  await app.start({ concurrency: 10 })
  for (let n = 0; n < 8; n++) await app.enqueue(job, { n })
  for (let n = 0; n < 20 && ran.length < 8; n++) await clock.advance(100)
  isLost = true
  await clock.advance(2_000)
  ends.get(0)?.()
  await clock.advance(2_000)
  isLost = false
  // Long after the last look: with room for three at a time, for eight that it knows.
  for (let n = 0; n < 100; n++) await clock.advance(1_000)
  expect(ran).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  for (const end of ends.values()) end()
  for (let n = 0; n < 20; n++) await clock.advance(100)
  const jobs = (await inner.find({}, { limit: 20 })).jobs
  expect(jobs.map(({ state, attempt }) => `${state} ${attempt}`)).toEqual(Array(8).fill('completed 1'))
  await app.stop()
})

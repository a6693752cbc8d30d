// A retry that is to go to another process: what asks for it, what the store is told, and what `why` says meanwhile.
import { fixed, legwork, RetryIn, task } from 'legwork'
import { memory } from 'legwork/memory'
import { testApp, virtualClock } from 'legwork/testing'
import { expect, test } from 'vitest'
import { toThrown, fromThrown } from '../src/worker/isolate/thrown.ts'
import { why } from '../src/watch/why.ts'

const about = { host: 'h', version: '0', queues: ['default'], tasks: ['call'], concurrency: 1 }

/** What becomes of a job that throws once, in a process beside which another one is there. */
async function after(retry: { elsewhere?: boolean } | undefined, thrown: () => unknown) {
  const call = task('call', { retry: { backoff: fixed('5s'), ...retry } })
  const app = legwork().handle(call, () => {
    throw thrown()
  })
  await using t = testApp(app)
  const job = await t.enqueue(call)
  await t.drain()
  const [found] = await (await t.store()).get([job.id])
  return found?.avoids
}

test('the policy of a task and a RetryIn ask for it; the RetryIn has the last word', async () => {
  const here = expect.stringMatching(/^.+:\d+$/)
  const plain = () => new Error('no route')
  expect(await after(undefined, plain)).toBeUndefined()
  expect(await after({ elsewhere: false }, plain)).toBeUndefined()
  expect(await after({ elsewhere: true }, plain)).toEqual(here)
  expect(await after(undefined, () => new RetryIn('9s', { elsewhere: true }))).toEqual(here)
  const free = { countsAsAttempt: false, elsewhere: true }
  expect(await after(undefined, () => new RetryIn('9s', free))).toEqual(here)
  expect(await after({ elsewhere: true }, () => new RetryIn('9s'))).toEqual(here)
  expect(await after({ elsewhere: true }, () => new RetryIn('9s', { elsewhere: false }))).toBeUndefined()
})

test('it crosses out of an isolate', () => {
  const back = fromThrown(toThrown(new RetryIn('1s', { elsewhere: true })))
  expect(back).toMatchObject({ delayMs: 1_000, elsewhere: true })
})

test('a lone worker runs it itself, without a wait', async () => {
  const call = task('call', { retry: { backoff: fixed('5s'), elsewhere: true } })
  const app = legwork().handle(call, ({ attempt }) => {
    if (attempt === 1) throw new Error('no route')
  })
  await using t = testApp(app)
  const job = await t.enqueue(call)
  await t.drain()
  await t.clock.advance('5s')
  expect(await job.status()).toMatchObject({ state: 'completed', attempt: 2 })
})

test('why says which process it avoids, who else is there, and until when', async () => {
  const clock = virtualClock()
  const store = memory({ clock })
  const app = legwork({ store })
  const { id } = await app.enqueue(task('call'))
  const beat = (worker: string, pid: number) =>
    store.beat({ worker, ttlMs: 600_000, about: { ...about, pid } })
  await beat('a', 1)
  const queues = [{ name: 'default', limit: 1 }]
  const { jobs } = await store.claim({ worker: 'a', call: 1, received: 0, limit: 1, queues })
  await store.settle('a', [{ id, fence: jobs[0]?.fence ?? 0, move: 'retry', elsewhere: true }])
  const tell = () => why(store, id, clock.now())
  expect((await tell()).reason.kind).toBe('waiting-in-line')
  await beat('b', 2)
  expect((await tell()).reason).toEqual({ kind: 'elsewhere', avoids: 'h:1', workers: 1, inMs: 30_000 })
  expect((await tell()).text).toBe(
    'is to run in another process than h:1; 1 live worker can take it, and in 30s anyone may',
  )
  await clock.advance(30_000)
  expect((await tell()).reason.kind).toBe('waiting-in-line')
  await app.stop()
})

test('what is no flag is refused', () => {
  expect(() => task('call', { retry: { elsewhere: 'yes' as never } })).toThrow(
    /LW1201 task call: retry\.elsewhere: got "yes", expected true or false/,
  )
})

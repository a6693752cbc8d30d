// What the command line and `why` say about jobs that nobody runs: each rule with a job, a queue or a worker made for it.
import { virtualClock } from 'legwork/testing'
import { memory } from 'legwork/memory'
import { expect, test } from 'vitest'
import { lifeFindings } from '../src/cli/findings.ts'
import { healthOf, serving } from '../src/cli/health.ts'
import { why } from '../src/watch/why.ts'

const minute = 60_000

/** A store with one job of task `send` in queue `mail`, due in a minute, and the hands of its clock. */
async function stage() {
  const clock = virtualClock()
  const store = memory({ clock })
  await store.open()
  const job = { task: 'send', queue: 'mail', payload: '1', version: 1, priority: 5, tags: [], maxAttempts: 3 }
  const retain = { completed: minute, dead: null, cancelled: minute }
  await store.enqueue([{ ...job, id: 'a', delayMs: minute, retain }])
  const health = async () => {
    const [[count], workers] = await Promise.all([store.counts(['mail']), store.workers()])
    if (!count) throw new Error('no such queue')
    return healthOf(count, serving('mail', workers, clock.now()).length)
  }
  const kind = async () => (await why(store, 'a', clock.now())).reason.kind
  const findings = async () => {
    const all = await lifeFindings(store, clock.now())
    return Object.fromEntries(all.map((finding) => [finding.about, finding]))
  }
  const beat = (worker: string, tasks: readonly string[]) => {
    const about = { host: 'h', pid: 7, version: '0.1.0', queues: ['mail'], tasks, concurrency: 1 }
    return store.beat({ worker, ttlMs: 10 * minute, about })
  }
  return { clock, store, health, kind, findings, beat }
}

test('a job whose time has come waits for what a ready job waits for, before anybody has made it ready', async () => {
  const { clock, store, kind, beat } = await stage()
  expect(await kind()).toBe('scheduled')
  await clock.advance(minute)
  expect((await store.get(['a']))[0]?.state).toBe('scheduled')
  expect(await kind()).toBe('no-worker')
  await beat('w1', ['other'])
  expect(await kind()).toBe('no-handler')
  await beat('w2', ['send'])
  expect((await why(store, 'a', clock.now())).reason).toEqual({
    kind: 'waiting-in-line',
    ahead: 0,
    workers: 2,
  })
  await store.setQueues([{ name: 'mail', paused: { reason: 'outage', by: 'ada' } }])
  expect(await kind()).toBe('queue-paused')
})

test('a queue with unfinished jobs and no live worker says so, be they waiting, due or running', async () => {
  const { clock, store, health, findings, beat } = await stage()
  expect(await health()).toBe('no worker')
  expect((await findings())['queues']).toMatchObject({ value: 'mail', verdict: 'warn' })
  await beat('w1', ['send'])
  expect(await health()).toBe('ok')
  expect((await findings())['queues']).toBeUndefined()
  await clock.advance(minute)
  await store.tend(10)
  const ask = { worker: 'w1', call: 1, received: 0, limit: 1, queues: [{ name: 'mail', limit: 1 }] }
  const { jobs } = await store.claim(ask)
  expect(jobs).toHaveLength(1)
  expect((await findings())['held']).toBeUndefined()
  // Its lease runs out with the job in its hands.
  await clock.advance(10 * minute)
  expect(await health()).toBe('no worker')
  expect((await findings())['held']).toMatchObject({ value: '1 running job', verdict: 'warn' })
  expect((await findings())['held']?.note).toContain('h:7')
})

test('a payload that is newer than the live workers know waits for one who knows it, and says so', async () => {
  const { clock, store, kind, findings, beat } = await stage()
  const retain = { completed: minute, dead: null, cancelled: minute }
  const job = { task: 'send', queue: 'mail', payload: '1', priority: 5, tags: [], maxAttempts: 3, retain }
  await store.enqueue([{ ...job, id: 'b', version: 3 }])
  const about = { host: 'h', pid: 7, version: '0.1.0', queues: ['mail'], tasks: ['send'], concurrency: 1 }
  await beat('w1', ['send'])
  await store.beat({ worker: 'w2', ttlMs: 10 * minute, about: { ...about, versions: { send: 2 } } })
  const { reason, text } = await why(store, 'b', clock.now())
  expect(reason).toEqual({ kind: 'newer-version', task: 'send', version: 3, known: 2, workers: 2 })
  expect(text).toBe('waits for a worker that knows version 3 of send; 2 live workers know 2')
  expect((await findings())['versions']).toMatchObject({
    value: 'send version 3 (2 workers of queue mail know 2)',
  })
  await clock.advance(minute)
  expect(await kind(), 'the older job is not held up').toBe('waiting-in-line')
  await store.beat({ worker: 'w3', ttlMs: 10 * minute, about: { ...about, versions: { send: 3 } } })
  expect((await why(store, 'b', clock.now())).reason.kind).toBe('waiting-in-line')
  expect((await findings())['versions']).toBeUndefined()
})

test('doctor names a task that no live worker of its queue handles', async () => {
  const { findings, beat } = await stage()
  await beat('w1', ['other'])
  expect((await findings())['tasks']).toMatchObject({ value: 'send (queue mail)', verdict: 'warn' })
  await beat('w2', ['send'])
  expect((await findings())['tasks']).toBeUndefined()
})

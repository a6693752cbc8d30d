// A job that takes its worker down: who is suspected, who runs alone, who is dead, and who never notices.
import { legwork, task, unchecked } from 'legwork'
import { memory } from 'legwork/memory'
import { type TestApp, testApp } from 'legwork/testing'
import { expect, test } from 'vitest'
import { why } from '../src/watch/why.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const work = task('work', { input: unchecked<{ pill?: boolean; ms?: number }>() })

interface Stage {
  readonly t: TestApp
  /** Jobs that ran beside the pill, each time that it ran. */
  readonly beside: number[]
  readonly most: () => number
}

/** A worker whose lease is taken away, as if its process had died, whenever the pill runs. */
function stage(concurrency = 10): Stage {
  const beside: number[] = []
  let running = 0
  let most = 0
  const app = legwork().handle(work, async ({ input, signal }) => {
    running += 1
    most = Math.max(most, running)
    try {
      // All that were claimed together have begun.
      for (let n = 0; n < 5; n++) await turn()
      if (input.pill) {
        beside.push(running - 1)
        await t.loseLease()
      }
      while (input.pill && !signal.aborted) await turn()
      signal.throwIfAborted()
      return 'done'
    } finally {
      running -= 1
    }
  })
  const t = testApp(app, { concurrency })
  return { t, beside, most: () => most }
}

/** Until nothing is left to do, whatever has to be waited for. */
const forever = async (t: TestApp): Promise<void> => {
  const isLive = ({ state }: { state: string }) => !['completed', 'dead'].includes(state)
  for (await t.drain(); (await t.jobs()).some(isLive); await t.drain()) await t.clock.advance('1m')
}

test('a pill among 200 jobs is dead after three crashes, the last of them alone; all others complete', async () => {
  const { t, beside } = stage()
  await using _ = t
  const inputs = Array.from({ length: 200 }, (_, n) => ({ pill: n === 57 }))
  const jobs = await t.enqueueMany(work, inputs)
  await forever(t)
  const states = (await t.jobs()).map(({ state }) => state)
  expect(states.filter((state) => state === 'completed')).toHaveLength(199)
  expect(await jobs[57]?.status()).toMatchObject({ state: 'dead', reason: 'poison', losses: 3, failures: 0 })
  expect(beside).toHaveLength(3)
  expect(beside[2]).toBe(0)
  expect(beside[0]).toBeGreaterThan(0)
  const text = (await t.why(jobs[57]?.id ?? '')).text
  expect(text).toContain('poison')
})

test('several pills at once are told apart, and no innocent is dead', async () => {
  const { t } = stage()
  await using _ = t
  const pills = new Set([3, 4, 5, 60])
  await t.enqueueMany(
    work,
    Array.from({ length: 100 }, (_, n) => ({ pill: pills.has(n) })),
  )
  await forever(t)
  const jobs = await t.jobs()
  const dead = jobs.filter(({ state }) => state === 'dead')
  expect(dead.map(({ reason, payload }) => [reason, payload])).toEqual(
    Array.from({ length: 4 }, () => ['poison', '{"pill":true}']),
  )
  expect(jobs.filter(({ state }) => state === 'completed')).toHaveLength(96)
})

test('one crash makes nobody run alone', async () => {
  const { t, most } = stage()
  await using _ = t
  await t.enqueueMany(
    work,
    Array.from({ length: 30 }, () => ({})),
  )
  t.crash('after-claim')
  await forever(t)
  expect((await t.jobs()).every(({ state }) => state === 'completed')).toBe(true)
  expect(Math.max(...(await t.jobs()).map(({ losses }) => losses))).toBe(1)
  expect(most()).toBe(10)
})

test('what waits for its trial says so', async () => {
  const store = memory()
  const app = legwork({ store }).handle(work, () => 'done')
  const job = await app.enqueue(work, {})
  const about = { host: 'h', pid: 1, version: '0', queues: ['default'], tasks: ['work'], concurrency: 1 }
  for (let n = 0; n < 2; n++) {
    await store.beat({ worker: `w${n}`, ttlMs: 60_000, about })
    const queues = [{ name: 'default', limit: 1 }]
    await store.claim({ worker: `w${n}`, call: 1, received: 0, limit: 1, queues })
    await store.lapse([`w${n}`], 'died')
  }
  await store.beat({ worker: 'w3', ttlMs: 60_000, about })
  const answer = await why(store, job.id, Date.now() + 1_500)
  expect(answer.reason).toEqual({ kind: 'suspect', losses: 2 })
  expect(answer.text).toContain('crashed 2 times with others; runs alone next')
  await app.stop()
})

test('the handler is told how the run before ended, and a task may refuse to be run again', async () => {
  const seen: unknown[] = []
  const told = task('told')
  const once = task('once', { onCrash: 'dead' })
  const app = legwork()
    .handle(told, ({ previous }) => void seen.push(previous))
    .handle(once, () => {})
  await using t = testApp(app)
  await t.enqueue(told)
  t.crash('before-settle')
  await t.drain()
  expect(seen).toMatchObject([undefined, { outcome: 'lapse', error: { code: 'LW2009' } }])
  expect((seen[1] as { at: Date }).at).toBeInstanceOf(Date)
  const job = await t.enqueue(once)
  t.crash('before-settle')
  await t.drain()
  expect(await job.status()).toMatchObject({ state: 'dead', reason: 'crashed', losses: 1 })
})

// Limits that an app declares: brought into the store at its start, without two releases ever taking turns.
import { type App, type AppOptions, InvalidOption, legwork, QueueFull, task } from 'legwork'
import { memory } from 'legwork/memory'
import type { Store } from 'legwork/store'
import { type VirtualClock, virtualClock } from 'legwork/testing'
import { expect, test } from 'vitest'
import { engines, expectRefused, newApp, useFolder } from './refusal-kit.ts'

useFolder()
const mail = task('mail', { queue: 'mails' })

/** Releases of an app on one store, alive at once. */
function street() {
  const clock = virtualClock()
  const store = memory({ clock })
  const shared: Store = { ...store, close: async () => {} }
  const lines: string[] = []
  const keep = (_: object, message: string) => void lines.push(message)
  const log = { debug() {}, info() {}, warn: keep, error: keep }
  const apps: App[] = []
  return {
    clock,
    store,
    lines,
    async release(maxWaiting: number | null, deployedAt?: string): Promise<App> {
      const app = legwork({
        store: shared,
        clock,
        log,
        queues: { mails: maxWaiting === null ? null : { maxWaiting } },
        ...(deployedAt !== undefined && { deployedAt }),
      }).handle(mail, () => {})
      apps.push(app)
      await settled(clock, app.start())
      return app
    },
    end: (app: App) => settled(clock, app.stop({ grace: 0 })),
    limit: async () => (await store.counts(['mails']))[0]?.limits?.maxWaiting,
    async [Symbol.asyncDispose]() {
      for (const app of apps) await settled(clock, app.stop({ grace: 0 }))
    },
  }
}

async function settled<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let isOver = false
  const end = () => void (isOver = true)
  work.then(end, end)
  while (!isOver) await clock.advance(1)
  return work
}

test.each(engines)('what the app declares holds from its start on (%s)', async (engine) => {
  const plain = newApp(engine)
  const store = await plain.store()
  const app = legwork({ store, queues: { mails: { maxWaiting: 2, enqueueRate: { max: 9, every: '1h' } } } })
  app.handle(task('other', { queue: 'others' }), () => {})
  await app.start()
  expect(await store.counts(['mails'])).toMatchObject([
    { limits: { maxWaiting: 2, enqueueRate: { max: 9, everyMs: 3_600_000 } }, declared: {} },
  ])
  expect((await store.workers())[0]?.limits).toEqual({ mails: expect.any(String) as string })
  await app.enqueue(mail)
  await app.enqueue(mail)
  await expectRefused(() => app.enqueue(mail), { is: QueueFull, code: 'LW1212' })
  await app.stop()
})

test('the same release again leaves what a person has set; a new word of the code replaces it', async () => {
  await using s = street()
  const first = await s.release(10)
  expect(await s.limit()).toBe(10)
  await first.limitQueue('mails', { maxWaiting: 3 })
  await s.end(first)
  const again = await s.release(10)
  expect(await s.limit()).toBe(3)
  await s.end(again)
  await s.release(20)
  expect(await s.limit()).toBe(20)
})

test('null declares that a queue has no limits', async () => {
  await using s = street()
  const first = await s.release(10)
  await s.end(first)
  await s.release(null)
  expect(await s.limit()).toBeUndefined()
})

test('of two releases that are alive the later deployed one keeps its word, whichever starts when', async () => {
  await using s = street()
  await s.release(10, '2026-01-01')
  await s.release(20, '2026-01-02')
  expect(await s.limit()).toBe(20)
  await s.release(10, '2026-01-01')
  await s.clock.advance(120_000)
  expect(await s.limit()).toBe(20)
  expect(s.lines.filter((line) => line.startsWith('LW2107 queue mails:'))).toHaveLength(1)
})

test('without a date the second waits until the first is gone', async () => {
  await using s = street()
  const first = await s.release(10)
  await s.release(20)
  await s.clock.advance(60_000)
  expect(await s.limit()).toBe(10)
  await s.end(first)
  await s.clock.advance(31_000)
  expect(await s.limit()).toBe(20)
})

test.each([
  [[]],
  [3],
  [{ mails: {} }],
  [{ mails: { max: 1 } }],
  [{ mails: { maxWaiting: -1 } }],
  [{ 'no name': { maxWaiting: 1 } }],
  [{ mails: { enqueueRate: { max: 1, every: '1' } } }],
])('limits that are none are refused at once: %j', (queues) => {
  expect(() => legwork({ queues } as unknown as AppOptions)).toThrow(InvalidOption)
})

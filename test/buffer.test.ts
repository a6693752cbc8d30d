// A buffer in the producer, where an app asks for one: it outlasts a short outage of the store, within its bounds.
import { legwork, task } from 'legwork'
import { memory } from 'legwork/memory'
import { faulty } from 'legwork/store'
import { expect, onTestFinished, test } from 'vitest'
import { fragile, queuesByHome } from './fixtures/partitions.ts'

const mail = task('mail')

/** An app on a store that fails while `out` says so. */
function stage(buffer?: { max: number; for: string }) {
  const own = memory()
  let out = false
  let calls = 0
  const store = faulty(own, (verb) => {
    if (verb !== 'enqueue') return undefined
    calls += 1
    return out ? 'error-before' : undefined
  })
  const app = legwork({ store, ...(buffer && { buffer: buffer as never }) })
  onTestFinished(() => app.stop())
  return { app, own, calls: () => calls, fail: (on: boolean) => void (out = on) }
}

/** Resolves when the store has been asked so often. */
async function asked(calls: () => number, times: number): Promise<void> {
  while (calls() < times) await new Promise((resolve) => setImmediate(resolve))
}

test('without a buffer an outage is told at once', async () => {
  const { app, fail } = stage()
  fail(true)
  await expect(app.enqueue(mail)).rejects.toThrow('injected fault')
})

test('with one, enqueue resolves when the store is back, each job once', async () => {
  const { app, own, calls, fail } = stage({ max: 100, for: '30s' })
  fail(true)
  const many = app.enqueueMany(mail, [undefined, undefined])
  const jobs = Promise.all([app.enqueue(mail), app.enqueue(mail, undefined, { id: 'own' })])
  await asked(calls, 3)
  fail(false)
  expect((await jobs).map(({ duplicate }) => duplicate)).toEqual([false, false])
  expect(await many).toHaveLength(2)
  expect((await own.counts())[0]?.states.ready).toBe(4)
})

test('it outlasts one partition of several, and no longer than it is told to while the others go on', async () => {
  const parts = fragile(3)
  await parts.store.open()
  const [away = '', there = ''] = (await queuesByHome(parts)).map(([name]) => name)
  const app = legwork({ store: parts.store, buffer: { max: 100, for: '600ms' } })
  onTestFinished(() => app.stop())
  const [far, near] = [away, there].map((queue) => task(`to ${queue}`.replace(' ', '-'), { queue })) as [
    typeof mail,
    typeof mail,
  ]
  parts.down.add(0)
  const first = app.enqueue(far)
  await new Promise((resolve) => setTimeout(resolve, 20))
  parts.down.delete(0)
  expect((await first).duplicate).toBe(false)

  parts.down.add(0)
  let isOver = false
  const lost = app.enqueue(far).finally(() => (isOver = true))
  lost.catch(() => {})
  for (const end = Date.now() + 5_000; !isOver && Date.now() < end; ) {
    await app.enqueue(near)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await expect(Promise.race([lost, Promise.resolve('still held')])).rejects.toMatchObject({ code: 'LW1032' })
})

test('it takes so many and no more while the store is out, and says how many', async () => {
  const { app, own, calls, fail } = stage({ max: 2, for: '30s' })
  fail(true)
  const first = app.enqueue(mail)
  await asked(calls, 2)
  const second = app.enqueue(mail)
  await expect(app.enqueue(mail)).rejects.toMatchObject({ code: 'LW1016', details: { held: 2, max: 2 } })
  await expect(app.enqueueMany(mail, [undefined])).rejects.toMatchObject({ code: 'LW1016' })
  fail(false)
  await Promise.all([first, second])
  expect((await own.counts())[0]?.states.ready).toBe(2)
})

test('when its time is over the store’s own error comes, and nothing is left that waits', async () => {
  const { app, fail } = stage({ max: 10, for: '40ms' })
  fail(true)
  await expect(app.enqueue(mail)).rejects.toThrow('injected fault')
  fail(false)
  expect((await app.enqueue(mail)).duplicate).toBe(false)
})

test('what no repeat can mend is told at once', async () => {
  const { app } = stage({ max: 10, for: '30s' })
  await app.stop()
  await expect(app.enqueue(mail)).rejects.toMatchObject({ code: 'LW1006' })
})

test.each([
  ['a number', 5],
  ['nothing', {}],
  ['no time', { max: 5 }],
  ['no room', { max: 0, for: '1s' }],
  ['a slip', { max: 5, for: '1s', size: 2 }],
  ['no duration', { max: 5, for: 'long' }],
])('a bad buffer is refused: %s', (_, buffer) => {
  expect(() => legwork({ store: 'memory:', buffer: buffer as never })).toThrow(/LW120/)
})

// What app.health() says, on stores that fail, hang and come back.
import { legwork, StoreError, task } from 'legwork'
import { memory } from 'legwork/memory'
import type { Store } from 'legwork/store'
import { expect, test } from 'vitest'

const log = { debug() {}, info() {}, warn() {}, error() {} }
/** Older than a look may be. */
const stale = () => new Promise((resolve) => setTimeout(resolve, 1_050))

/** A store whose every call goes through `gate` first. */
function gated(gate: () => Promise<void>): Store {
  const store = memory()
  const through =
    <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await gate()
      return call(...args)
    }
  const { due, ...schedules } = store.schedules
  return {
    ...store,
    exchange: through(store.exchange),
    beat: through(store.beat),
    schedules: { ...schedules, due: through(due) },
  }
}

test('a store that answers is ok, one that fails is degraded since then and says why, and is ok again by itself', async () => {
  let error: Error | undefined
  let calls = 0
  const store = gated(async () => {
    calls += 1
    if (error) throw error
  })
  const app = legwork({ store, log })
  expect(await app.health()).toEqual({ status: 'ok', since: expect.any(Date) })
  // However often it is asked.
  await Promise.all(Array.from({ length: 50 }, () => app.health()))
  expect(calls).toBe(1)
  error = new StoreError('LW1017', 'the server went home.')
  await stale()
  const from = Date.now()
  const bad = await app.health()
  expect(bad).toEqual({
    status: 'degraded',
    since: expect.any(Date),
    cause: { code: 'LW1017', message: 'LW1017 the server went home.' },
  })
  expect(bad.since.getTime()).toBeGreaterThanOrEqual(from)
  await stale()
  expect((await app.health()).since).toEqual(bad.since)
  error = undefined
  await stale()
  const well = await app.health()
  expect(well).toEqual({ status: 'ok', since: expect.any(Date) })
  expect(well.since.getTime()).toBeGreaterThan(bad.since.getTime() + 1_000)
  await app.stop()
  expect(await app.health()).toMatchObject({ status: 'degraded', cause: { code: 'LW1006' } })
})

test('a store that says nothing is degraded within two seconds', async () => {
  const app = legwork({ store: gated(() => new Promise(() => {})), log })
  const from = Date.now()
  expect(await app.health()).toMatchObject({ status: 'degraded', cause: { code: 'LW1017' } })
  expect(Date.now() - from).toBeLessThan(2_900)
})

test('a store that cannot be opened is degraded for that reason; a right that is missing is an answer', async () => {
  expect(await legwork({ store: 'nosuch:scheme', log }).health()).toMatchObject({
    status: 'degraded',
    cause: { code: 'LW1008' },
  })
  const denied = gated(() => Promise.reject(new StoreError('LW1019', 'not for you.')))
  expect(await legwork({ store: denied, log }).health()).toMatchObject({ status: 'ok' })
})

test('a worker whose calls fail says so although the store answers looks', async () => {
  const store = memory()
  let fails = false
  const app = legwork({
    store: {
      ...store,
      exchange: (...args) =>
        fails ? Promise.reject(new StoreError('LW1013', 'locked.')) : store.exchange(...args),
    },
    log,
  })
  const echo = task('echo')
  app.handle(echo, () => {})
  await app.start()
  fails = true
  const job = await app.enqueue(echo)
  while ((await app.health()).status === 'ok') await new Promise((resolve) => setTimeout(resolve, 10))
  expect(await app.health()).toMatchObject({ cause: { code: 'LW1013' } })
  fails = false
  await job.result({ timeout: '10s' })
  expect(await app.health()).toMatchObject({ status: 'ok' })
  await app.stop()
})

// A start that failed half-way leaves nothing behind, so it can be repeated.
import { legwork, task } from 'legwork'
import { memory } from 'legwork/memory'
import type { Store } from 'legwork/store'
import { expect, test } from 'vitest'

test('a store that fails while the app starts: the worker that had begun is gone, and the next start is the only one', async () => {
  const real = memory()
  let isAway = true
  const store: Store = {
    ...real,
    schedules: {
      ...real.schedules,
      list: (page) => (isAway ? Promise.reject(new Error('away')) : real.schedules.list(page)),
    },
  }
  const registered: string[] = []
  const app = legwork({ store, log: { debug() {}, info() {}, warn() {}, error() {} } })
  const hello = task('hello')
  app.handle(hello, () => app.workerId)
  const options = { onRegister: (worker: string) => void registered.push(worker) }
  await expect(app.start(options)).rejects.toThrow('away')
  expect(registered).toHaveLength(1)
  expect(await store.workers()).toEqual([])
  isAway = false
  await app.start(options)
  expect((await store.workers()).map(({ id }) => id)).toEqual([app.workerId])
  expect(await app.run(hello)).toBe(app.workerId)
  expect(registered).toEqual([registered[0], app.workerId])
  await app.stop()
})

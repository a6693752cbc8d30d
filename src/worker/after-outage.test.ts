import { expect, test } from 'vitest'
import { virtualClock } from '../testing/virtual-clock.ts'
import { Exchange } from './exchange.ts'
import { newPool } from './pool.ts'

test('after a store was away a worker looks often for a second, for a doorbell may have been missed', async () => {
  const clock = virtualClock()
  let takesMs = 0
  const looks: number[] = []
  const exchange = new Exchange({
    clock,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    // The exchange is all that is called here.
    store: {
      async exchange() {
        const wait = takesMs
        takesMs = 0
        if (wait > 0) await new Promise<void>((resolve) => void clock.after(wait, resolve))
        looks.push(clock.monotonic())
        return { settled: [], claimed: { lease: 'held', jobs: [], cancels: [], now: clock.now() } }
      },
    } as never,
    pools: [newPool(['q'], 1)],
    tasks: [],
    poll: { busyMs: 50, idleMs: 2_000, quietMs: 10_000 },
    registration: () => 'w',
    sendNotes: () => undefined,
    accept: () => {},
    holds: () => false,
    start: () => {},
    isBusy: () => false,
  })
  const during = async (ms: number) => {
    const before = looks.length
    for (let i = 0; i < ms; i += 10) {
      await clock.advance(10)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return looks.length - before
  }
  exchange.wake()
  await during(3_000)
  expect(await during(4_000)).toBeLessThanOrEqual(3)
  takesMs = 5_000
  await during(2_000)
  await during(4_000)
  // It has come back within this: some twenty looks instead of one or two.
  expect(await during(2_000)).toBeGreaterThan(8)
  await during(2_000)
  expect(await during(4_000)).toBeLessThanOrEqual(3)
  await exchange.end(0)
})

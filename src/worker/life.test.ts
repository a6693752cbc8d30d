import { expect, test } from 'vitest'
import type { Beaten, Hear, Store } from '../store/index.ts'
import { memory } from '../stores/memory/index.ts'
import { virtualClock } from '../testing/virtual-clock.ts'
import { begin } from './life.ts'

/** A store that leaves it to the test what is heard of the beats. */
function silentStore() {
  const clock = virtualClock()
  const told: { hear: Hear | undefined } = { hear: undefined }
  const store: Store = {
    ...memory({ clock }),
    async keepBeating(_beat, _pulse, hear) {
      told.hear = hear
      return async () => {}
    },
  }
  return { clock, told, store }
}

test('an answer that was read late confirms the lease from when its beat was sent', async () => {
  const { clock, told, store } = silentStore()
  const reasons: string[] = []
  const life = await begin({
    log: { debug() {}, info() {}, warn() {}, error() {} },
    ...{ store, clock, leaseMs: 15_000, beatMs: 3_000 },
    newId: () => 'w',
    about: () => ({ host: 'h', pid: 1, version: '0', queues: [], tasks: [], concurrency: 1 }),
    ...{ onCancels: () => {}, onLostJobs: () => {} },
    onLost: (_worker, why) => void reasons.push(why),
  })
  const held = (sentAt: number) => {
    const answer: Beaten = { lease: 'held', now: clock.now(), cancels: [] }
    told.hear?.(answer, sentAt)
  }
  const beganAt = clock.monotonic()
  /** Looks at the lease, and what waits behind. */
  const look = async (ms: number) => {
    await clock.advance(ms)
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
  }
  await look(11_000)
  held(beganAt + 3_000)
  held(beganAt + 2_000)
  await look(3_750)
  expect(reasons).toEqual([])
  // Sent before the process stood still, and read only now.
  held(beganAt + 3_000)
  await look(500)
  expect(reasons).toEqual([expect.stringMatching(/no beat was confirmed for 12\d\d\d ms/)])
  await life.end()
})

test('beats that fail are told once, and again only after a while', async () => {
  const { clock, told, store } = silentStore()
  const said: string[] = []
  const life = await begin({
    ...{ store, clock, leaseMs: 600_000, beatMs: 3_000 },
    log: { debug() {}, info() {}, warn: (_, text) => void said.push(text), error() {} },
    newId: () => 'w',
    about: () => ({ host: 'h', pid: 1, version: '0', queues: [], tasks: [], concurrency: 1 }),
    ...{ onCancels: () => {}, onLostJobs: () => {}, onLost: () => {} },
  })
  for (let i = 0; i < 12; i++) {
    told.hear?.(new Error('no thread'), clock.monotonic())
    await clock.advance(3_000)
  }
  expect(said).toEqual(Array(2).fill('a beat of this worker was not taken: no thread'))
  await life.end()
})

import { expect, test } from 'vitest'
import type { Clock } from '../job/clock.ts'
import { keyring, type Keys } from './keys.ts'

const key = (byte: number) => Buffer.alloc(32, byte).toString('base64')
function byHand() {
  let now = 0
  const clock: Clock = { now: () => now, monotonic: () => now, after: () => () => {} }
  return { clock, pass: (ms: number) => void (now += ms) }
}

test('a function is asked again for a key that is missing, and not too often', async () => {
  const { clock, pass } = byHand()
  let keys: Keys = { active: 'k1', k1: key(1) }
  let calls = 0
  const ring = keyring(() => (++calls, keys), clock)
  expect(await ring.find('k1')).toEqual(Buffer.alloc(32, 1))
  keys = { active: 'k2', k1: key(1), k2: key(2) }
  expect(await ring.find('k2')).toBeUndefined()
  expect(calls).toBe(1)
  pass(10_000)
  expect(await ring.find('k2')).toEqual(Buffer.alloc(32, 2))
  expect((await ring.ring()).active).toBe('k2')
  expect(calls).toBe(2)
})

test('a function that failed is asked again at once', async () => {
  let calls = 0
  const ring = keyring(() => {
    if (++calls === 1) throw new Error('not yet')
    return { active: 'k1', k1: key(1) }
  }, byHand().clock)
  await expect(ring.ring()).rejects.toMatchObject({ code: 'LW1602' })
  expect((await ring.ring()).active).toBe('k1')
})

test('the key of blind indexes stays when the active key changes, and must be named when there are several', async () => {
  const of = (keys: Keys) => keyring(keys, byHand().clock).indexKey()
  const one = await of({ active: 'k1', k1: key(1) })
  expect(await of({ active: 'k2', index: 'k1', k1: key(1), k2: key(2) })).toEqual(one)
  expect(await of({ active: 'k2', index: 'k2', k1: key(1), k2: key(2) })).not.toEqual(one)
  expect(one).not.toEqual(Buffer.alloc(32, 1))
  await expect(of({ active: 'k2', k1: key(1), k2: key(2) })).rejects.toMatchObject({ code: 'LW1601' })
})

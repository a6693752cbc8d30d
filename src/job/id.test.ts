import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { idShard, idSource, idTime, shardCount } from './id.ts'

const ticking = (start: number, steps: readonly number[]) => {
  let at = start
  let i = 0
  return () => (at += steps[i++ % steps.length] as number)
}
let seed = 1
const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647

test('an id has 26 characters of the alphabet and tells its time and shard', () => {
  const id = idSource({ now: () => 1_767_225_600_000, random })()
  expect(id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
  expect(idTime(id)).toBe(1_767_225_600_000)
  expect(idShard(id)).toBeGreaterThanOrEqual(0)
  expect(idShard(id)).toBeLessThan(shardCount)
})

test('ids of one source rise strictly, when its clock stands still or goes back too', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 40 }), (steps) => {
      const next = idSource({ now: ticking(1_767_225_600_000, steps), random })
      const ids = Array.from({ length: 300 }, next)
      expect(ids).toEqual([...new Set(ids)].sort())
    }),
  )
})

test('more ids in one millisecond than its counter holds go on into the next', () => {
  const next = idSource({ now: () => 5_000, random })
  const ids = Array.from({ length: 10_000 }, next)
  expect(new Set(ids).size).toBe(10_000)
  expect([...ids].sort()).toEqual(ids)
  expect(idTime(ids.at(-1) as string)).toBe(5_002)
})

test('the whole range of chance stays within 26 characters', () => {
  for (const chance of [0, 1 - 2 ** -32]) {
    const id = idSource({ now: () => 2 ** 48 - 1, random: () => chance })()
    expect(id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
    expect(idTime(id)).toBe(2 ** 48 - 1)
  }
})

describe('ids of the caller’s own', () => {
  test('have no time, and always the same shard', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (id) => {
        fc.pre(!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id))
        expect(idTime(id)).toBeUndefined()
        const shard = idShard(id)
        expect(shard).toBe(idShard(id))
        expect(Number.isInteger(shard) && shard >= 0 && shard < shardCount).toBe(true)
      }),
    )
  })
})

test('shards are used evenly, by minted ids and by own ones', () => {
  const next = idSource({ now: () => 1_767_225_600_000, random })
  for (const ids of [
    Array.from({ length: 20_000 }, next),
    Array.from({ length: 20_000 }, (_, i) => `order-${i}`),
  ]) {
    const used = new Set(ids.map(idShard))
    expect(used.size).toBeGreaterThan(shardCount * 0.99)
  }
})

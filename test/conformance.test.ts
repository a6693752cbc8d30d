import { keep, promises } from 'legwork/conformance'
import { describe, expect, test } from 'vitest'
import { houses } from './fixtures/houses.mjs'

test('ids are unique, and every promise is a sentence', () => {
  expect(new Set(promises.map(({ id }) => id)).size).toBe(promises.length)
  expect(promises.length).toBeGreaterThan(200)
  for (const { id, promise } of promises) {
    expect(id).toMatch(/^[a-z-]+\.[a-z0-9-]+$/)
    expect(promise).toMatch(/^\S.{10,}[^.]$/)
  }
})

for (const [name, makeHouse] of Object.entries(houses)) {
  describe(name, () => {
    // Processes are started one after the other; all else waits mostly for threads, so several stories go on at once.
    for (const promised of promises) {
      const play = promised.level === 'L2' ? test : test.concurrent
      play(`${promised.id}: ${promised.promise}`, async ({ skip }) => {
        const result = await keep(promised, makeHouse)
        if (result.verdict === 'broken') throw result.error
        if (result.verdict === 'not exercised') skip(result.reason)
      })
    }
  })
}

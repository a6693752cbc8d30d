// The table of promises itself: what it says of a store is published, so each line is a sentence.
import { promises } from 'legwork/conformance'
import { expect, test } from 'vitest'

test('ids are unique, and every promise is a sentence', () => {
  expect(new Set(promises.map(({ id }) => id)).size).toBe(promises.length)
  expect(promises.length).toBeGreaterThan(200)
  for (const { id, promise } of promises) {
    expect(id).toMatch(/^[a-z-]+\.[a-z0-9-]+$/)
    expect(promise).toMatch(/^\S.{10,}[^.]$/)
  }
})

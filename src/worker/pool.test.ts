import { expect, test } from 'vitest'
import { defaults } from '../job/defaults.ts'
import { measure, newPool, room } from './pool.ts'

test('jobs whose payloads are large are claimed ahead in smaller numbers, and always for the free slots', () => {
  const pool = newPool(['default'], 10)
  expect(room(pool, 5)).toBe(10)
  for (let i = 0; i < 100; i++) measure(pool, 0.1, 100)
  expect(room(pool, 5)).toBe(10 + defaults.prefetchMax)
  for (let i = 0; i < 100; i++) measure(pool, 0.1, 1_048_576)
  // What is held ahead is about as much text as one call carries.
  expect(room(pool, 5) - 10).toBeCloseTo(defaults.batchChars / 1_048_576, -1)
})

test('the first large payload is enough to claim fewer ahead', () => {
  const pool = newPool(['default'], 10)
  measure(pool, 0.1, 1_048_576)
  expect(room(pool, 5) - 10).toBeCloseTo(defaults.batchChars / 1_048_576, -1)
})

import { expect, test } from 'vitest'
import { defaults } from '../job/defaults.ts'
import { fitting } from './fitting.ts'

const text = (one: string) => one
const third = 'x'.repeat(defaults.batchChars / 4 + 1)
const all = 'x'.repeat(defaults.batchChars + 1)

test('a batch is as many as are wished, as there are, and as one commit takes', () => {
  const small = Array.from({ length: 1_500 }, () => 'x')
  expect(fitting(small, 0, 20, text)).toBe(20)
  expect(fitting(small, 0, 5_000, text)).toBe(defaults.batchMax)
  expect(fitting(small, 1_400, 5_000, text)).toBe(100)
  expect(fitting([], 0, 20, text)).toBe(0)
})

test('large payloads go fewer at a time, and the largest alone', () => {
  expect(fitting([third, third, third, third], 0, 1_000, text)).toBe(3)
  expect(fitting([third, third, third, third], 2, 1_000, text)).toBe(2)
  expect(fitting([all, 'x'], 0, 1_000, text)).toBe(1)
  expect(fitting(['x', all], 0, 1_000, text)).toBe(1)
})

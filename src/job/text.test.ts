import fc from 'fast-check'
import { expect, test } from 'vitest'
import { storable, unstorableAt, utf8Bytes } from './text.ts'

const any = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
  .map((units) => String.fromCharCode(...units))

test('utf8Bytes counts what an encoder writes', () => {
  fc.assert(fc.property(any, (text) => void expect(utf8Bytes(text)).toBe(Buffer.byteLength(text))))
  expect(utf8Bytes('aé€😀')).toBe(10)
})

test('unstorableAt finds the first NUL or half pair', () => {
  expect([
    unstorableAt(''),
    unstorableAt('a😀b'),
    unstorableAt('ab\0'),
    unstorableAt('a\ud83d'),
    unstorableAt('\ude00a'),
    unstorableAt('😀\ud83d\ud83d'),
  ]).toEqual([-1, -1, 2, 1, 0, 2])
  fc.assert(
    fc.property(
      any,
      (text) => void expect(unstorableAt(text) < 0).toBe(text.isWellFormed() && !text.includes('\0')),
    ),
  )
})

test('a storable text is within its bytes and holds nothing unstorable', () => {
  fc.assert(
    fc.property(any, fc.integer({ min: 60, max: 300 }), (text, maxBytes) => {
      const stored = storable(text, maxBytes)
      expect(unstorableAt(stored)).toBe(-1)
      expect(utf8Bytes(stored)).toBeLessThanOrEqual(maxBytes)
    }),
  )
})

test('a good text that fits is not changed; one that does not says how long it was', () => {
  expect(storable('é'.repeat(50), 100)).toBe('é'.repeat(50))
  expect(storable('é'.repeat(51), 100)).toMatch(/^é+ … \(51 characters in all\)$/)
  expect(storable('a\0b\ud800c', 100)).toBe('a\ufffdb\ufffdc')
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Duration, showMs, toMs } from './duration.ts'

test('a number is milliseconds, a text has its unit', () => {
  const given: [Duration, number][] = [
    [0, 0],
    [250, 250],
    [0.4, 0],
    [1.6, 2],
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['6h', 21_600_000],
    ['1d', 86_400_000],
    ['2w', 1_209_600_000],
  ]
  for (const [value, ms] of given) expect(toMs(value, 'delay'), String(value)).toBe(ms)
})

test('anything else is refused with LW1201 and names the option', () => {
  const wrong = [
    -1,
    Number.NaN,
    Infinity,
    '',
    '5',
    's',
    '5 s',
    '-5s',
    '1e3s',
    '5S',
    '5y',
    '1.s',
    '40000d',
    null,
    undefined,
    {},
    [],
    true,
    5n,
    '９s',
  ]
  for (const value of wrong) {
    expect(() => toMs(value as Duration, 'delay'), String(value)).toThrow(
      expect.objectContaining({ code: 'LW1201', details: expect.objectContaining({ option: 'delay' }) }),
    )
  }
})

test('any text is a whole number of milliseconds or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,7}(\.\d{1,3})?(ms|s|m|h|d|w)$/)), (text) => {
      try {
        expect(Number.isInteger(toMs(text as Duration, 'x'))).toBe(true)
      } catch (error) {
        expect(error).toMatchObject({ code: 'LW1201' })
      }
    }),
  )
})

test('durations for people', () => {
  const shown: [number, string][] = [
    [-5, '0ms'],
    [0, '0ms'],
    [999, '999ms'],
    [1_000, '1s'],
    [41_000, '41s'],
    [60_000, '1m'],
    [200_000, '3m20s'],
    [3_600_000, '1h'],
    [7_500_000, '2h05m'],
    [345_600_000, '4d'],
  ]
  for (const [ms, text] of shown) expect(showMs(ms)).toBe(text)
})

test('a shown duration is close to what it shows', () => {
  fc.assert(
    fc.property(fc.nat(10 * 365 * 86_400_000), (ms) => {
      const parts = [...showMs(ms).matchAll(/(\d+)(ms|s|m|h|d)/g)]
      const read = parts.reduce((sum, [, n, unit]) => sum + toMs(`${Number(n)}${unit as 's'}`, 'x'), 0)
      expect(Math.abs(read - ms)).toBeLessThanOrEqual(Math.max(500, ms * 0.26))
    }),
  )
})

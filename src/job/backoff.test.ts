import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Backoff, custom, exponential, fixed, linear, lossDelayMs } from './backoff.ts'

const half = () => 0.5
const waits = (backoff: Backoff, count: number) =>
  Array.from({ length: count }, (_, i) => backoff(i + 1, half))

describe('the waits without jitter', () => {
  test('exponential doubles from min to max', () => {
    expect(waits(exponential({ min: '1s', max: '10s', jitter: 'none' }), 6)).toEqual([
      1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
    ])
  })
  test('exponential takes another factor', () => {
    expect(waits(exponential({ factor: 3, jitter: 'none' }), 4)).toEqual([1_000, 3_000, 9_000, 27_000])
  })
  test('linear grows by min', () => {
    expect(waits(linear({ min: 500, max: '2s', jitter: 'none' }), 5)).toEqual([
      500, 1_000, 1_500, 2_000, 2_000,
    ])
  })
  test('fixed stays', () => {
    expect(waits(fixed('7s'), 3)).toEqual([7_000, 7_000, 7_000])
  })
  test('the defaults go from 1 s to 1 h', () => {
    const backoff = exponential({ jitter: 'none' })
    expect([backoff(1, half), backoff(12, half), backoff(13, half), backoff(1_000, half)]).toEqual([
      1_000, 2_048_000, 3_600_000, 3_600_000,
    ])
  })
})

describe('jitter', () => {
  test('full is the default and spreads from 0 to the wait', () => {
    expect(exponential()(3, () => 0)).toBe(0)
    expect(exponential()(3, half)).toBe(2_000)
    expect(exponential()(3, () => 0.999999)).toBe(4_000)
  })
  test('equal keeps half', () => {
    expect(exponential({ jitter: 'equal' })(3, () => 0)).toBe(2_000)
    expect(exponential({ jitter: 'equal' })(3, half)).toBe(3_000)
  })
})

test('whatever the failures and the chance, the wait is whole and within 0 and max', () => {
  const growth = fc.record({
    min: fc.nat(5_000),
    extra: fc.nat(100_000),
    jitter: fc.constantFrom('full' as const, 'equal' as const, 'none' as const),
  })
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(
      growth,
      fc.integer({ min: -5, max: 1e6 }),
      chance,
      fc.boolean(),
      ({ min, extra, jitter }, failures, random, curved) => {
        const backoff = (curved ? exponential : linear)({ min, max: min + extra, jitter })
        const wait = backoff(failures, () => random)
        expect(Number.isInteger(wait)).toBe(true)
        expect(wait).toBeGreaterThanOrEqual(0)
        expect(wait).toBeLessThanOrEqual(min + extra)
      },
    ),
  )
})

test('without jitter a later failure never waits shorter', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.boolean(), (failures, curved) => {
      const backoff = (curved ? exponential : linear)({ jitter: 'none' })
      expect(backoff(failures + 1, half)).toBeGreaterThanOrEqual(backoff(failures, half))
    }),
  )
})

describe('custom', () => {
  test('is asked with the number of failures', () => {
    expect(
      waits(
        custom((failures) => `${failures * 2}s`),
        3,
      ),
    ).toEqual([2_000, 4_000, 6_000])
  })
  test('a wrong answer, or none, is one second', () => {
    const wrong = [
      () => -1,
      () => Number.NaN,
      () => 'soon' as '1s',
      () => Infinity,
      () => {
        throw new Error('no')
      },
    ]
    for (const answer of wrong) expect(custom(answer)(1, half)).toBe(1_000)
  })
})

describe('bad options', () => {
  for (const [name, make] of Object.entries({
    'factor below 1': () => exponential({ factor: 0.5 }),
    'factor not a number': () => exponential({ factor: Number.NaN }),
    'min above max': () => linear({ min: '2h', max: '1h' }),
    'unknown jitter': () => linear({ jitter: 'some' as 'full' }),
    'negative wait': () => fixed(-1),
  })) {
    test(`${name} is refused with LW1201`, () =>
      expect(make).toThrow(expect.objectContaining({ code: 'LW1201' })))
  }
})

test('after a loss: at once, then 1 s doubling up to 5 min', () => {
  expect([1, 2, 3, 4, 10, 11, 99].map(lossDelayMs)).toEqual([
    0, 1_000, 2_000, 4_000, 256_000, 300_000, 300_000,
  ])
})

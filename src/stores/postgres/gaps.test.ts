import { expect, test } from 'vitest'
import { movedOn, placeOf, placeText } from './gaps.ts'

const quiet = { oldest: 50, next: 50 }
const busy = { oldest: 40, next: 50 }

test('where no transaction is open nothing is missing that may still come', () => {
  const next = movedOn({ at: 3, gaps: [] }, [4, 7, 8], { horizon: quiet, isWhole: true })
  expect(next).toEqual({ at: 8, gaps: [] })
})

test('what was passed over is waited for until every transaction of that moment has ended', () => {
  const first = movedOn({ at: 3, gaps: [] }, [5, 9], { horizon: busy, isWhole: true })
  expect(first).toEqual({
    at: 9,
    gaps: [
      { from: 4, to: 4, until: 50 },
      { from: 6, to: 8, until: 50 },
    ],
  })
  const second = movedOn(first, [7, 10], { horizon: { oldest: 49, next: 60 }, isWhole: true })
  expect(second).toEqual({
    at: 10,
    gaps: [
      { from: 4, to: 4, until: 50 },
      { from: 6, to: 6, until: 50 },
      { from: 8, to: 8, until: 50 },
    ],
  })
  expect(movedOn(second, [6], { horizon: { oldest: 50, next: 60 }, isWhole: true })).toEqual({
    at: 10,
    gaps: [],
  })
})

test('a page that is not whole leaves its gaps as they are, but for what it told', () => {
  const place = { at: 9, gaps: [{ from: 2, to: 6, until: 50 }] }
  expect(movedOn(place, [3], { horizon: quiet, isWhole: false }).gaps).toEqual([
    { from: 2, to: 2, until: 50 },
    { from: 4, to: 6, until: 50 },
  ])
})

test('a place is a text, also one from before there were gaps', () => {
  const place = { at: 1_000_000, gaps: [{ from: 4, to: 99, until: 123_456_789 }] }
  expect(placeOf(placeText(place))).toEqual(place)
  expect(placeOf('zz')).toEqual({ at: 1295, gaps: [] })
})

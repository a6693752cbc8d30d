import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changeAt, checkPaths } from './paths.ts'

const hidden = (value: unknown, ...rules: string[]) => changeAt(value, rules, () => '#')

test.each([
  [['a'], { a: 1, b: 2 }, { a: '#', b: 2 }],
  [
    ['card.number'],
    { card: { number: 1, name: 2 }, number: 3 },
    { card: { number: '#', name: 2 }, number: 3 },
  ],
  [
    ['items.*.secret'],
    { items: [{ secret: 1 }, { secret: 2, x: 3 }] },
    { items: [{ secret: '#' }, { secret: '#', x: 3 }] },
  ],
  [['items[1]'], { items: [1, 2] }, { items: [1, '#'] }],
  [['items[*].a'], { items: [{ a: 1 }] }, { items: [{ a: '#' }] }],
  [
    ['**.password'],
    { password: 1, a: [{ b: { password: { c: 1 } } }] },
    { password: '#', a: [{ b: { password: '#' } }] },
  ],
  [['a.**.z'], { a: { z: 1, b: { c: { z: 2 } } }, z: 3 }, { a: { z: '#', b: { c: { z: '#' } } }, z: 3 }],
  [['**'], { a: 1 }, '#'],
  [['*'], [1, { a: 2 }], ['#', '#']],
  [['a', 'a.b'], { a: { b: 1 } }, { a: '#' }],
  [['nothing.here'], { a: 1 }, { a: 1 }],
  [['a'], 'text', 'text'],
  [['a'], null, null],
  [['toString', 'constructor.x'], { a: 1 }, { a: 1 }],
  [['Größe.naïve key'], { Größe: { 'naïve key': 1 } }, { Größe: { 'naïve key': '#' } }],
])('%j hides its parts', (rules, value, expected) => {
  const before = JSON.stringify(value)
  expect(hidden(value, ...rules)).toEqual(expected)
  expect(JSON.stringify(value), 'the value itself stays as it is').toBe(before)
})

test('the change is told where it is, and what it finds', () => {
  const seen: unknown[] = []
  changeAt({ a: [{ b: 1 }], b: 2 }, ['**.b'], (found, at) => seen.push([at, found]))
  expect(seen).toEqual([
    [['a', '0', 'b'], 1],
    [['b'], 2],
  ])
})

test('every value comes back as it was where no rule names a part of it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.stringify(changeAt(value, ['§§.§'], () => '#'))).toBe(JSON.stringify(value))
    }),
  )
})

test('a hundred rules with skips look at a large deep value once', () => {
  const rules = Array.from({ length: 100 }, (_, i) => `**.a.**.b.**.c.**.d${i}`)
  let deep: unknown = { d7: 'secret' }
  for (let i = 0; i < 400; i++) deep = { [['a', 'b', 'c'][i % 3] as string]: deep, other: [i, i, i] }
  const before = performance.now()
  expect(JSON.stringify(changeAt(deep, checkPaths(rules, 'redact'), () => '#'))).not.toContain('secret')
  expect(performance.now() - before).toBeLessThan(2_000)
})

test.each([
  ['a..b'],
  [''],
  ['.a'],
  ['a.'],
  ['a.***'],
  ['a*'],
  ['a[b]'],
  ['a]'],
  ['a\nb'],
  [7],
  [null],
  ['x'.repeat(121)],
  [Array(33).fill('a').join('.')],
])('no rule: %j', (rule) => {
  expect(() => checkPaths([rule], 'redact')).toThrow(/LW1201 redact/)
})

test('rules come as a list, not too many, each once', () => {
  expect(() => checkPaths('a', 'redact')).toThrow(/LW1201/)
  expect(() => checkPaths(Array(101).fill('a'), 'redact')).toThrow(/LW1201/)
  expect(checkPaths(['a', 'a', '**.b'], 'redact')).toEqual(['a', '**.b'])
})

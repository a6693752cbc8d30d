import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runInNewContext } from 'node:vm'
import { limits } from './defaults.ts'
import { decode, encode } from './payload.ts'

const codeOf = (value: unknown, maxBytes?: number): string | undefined => {
  try {
    encode(value, 'payload', maxBytes)
    return undefined
  } catch (error) {
    return (error as { code?: string }).code ?? `no code: ${String(error)}`
  }
}

test('what is accepted comes back as it was', () => {
  const units = fc.array(fc.integer({ min: 1, max: 0xffff }), { maxLength: 12 })
  const text = units.map((codes) => String.fromCharCode(...codes)).filter((made) => made.isWellFormed())
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      tie('list'),
      tie('record'),
    ),
    list: fc.array(tie('value'), { maxLength: 5 }),
    record: fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 5 },
    ),
  }))
  fc.assert(
    fc.property(value, (given) => {
      // JSON has no -0; that is the only change.
      expect(decode(encode(given, 'payload'))).toEqual(JSON.parse(JSON.stringify(given)))
    }),
  )
})

test('any value at all is accepted, or refused with a code', () => {
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withSparseArray: true,
      }),
      (given) => {
        expect(codeOf(given) ?? 'LW1103').toMatch(/^LW110[3-6]$/)
      },
    ),
  )
})

describe('what JSON would lose or change is refused, and the message says where', () => {
  const refused: Record<string, [value: unknown, code: string, where: string]> = {
    NaN: [{ a: [1, Number.NaN] }, 'LW1103', 'payload: a[1]'],
    Infinity: [Infinity, 'LW1103', 'payload'],
    'a BigInt': [{ n: 1n }, 'LW1103', 'payload: n'],
    'a function': [{ f: () => 1 }, 'LW1103', 'payload: f'],
    'a symbol': [[Symbol('s')], 'LW1103', 'payload: [0]'],
    'undefined in a list': [[undefined], 'LW1103', 'payload: [0]'],
    'a hole in a list': [new Array(1), 'LW1103', 'payload: [0]'],
    'a Date': [{ at: new Date(0) }, 'LW1103', 'payload: at'],
    'a Map': [{ m: new Map() }, 'LW1103', 'payload: m'],
    'an instance of a class': [
      new (class Order {
        readonly id = 1
      })(),
      'LW1103',
      'Order',
    ],
    'symbol keys': [{ [Symbol('k')]: 1 }, 'LW1103', 'payload'],
    'a NUL': [{ text: 'a\0b' }, 'LW1105', 'payload: text'],
    'half a surrogate pair': [['\ud800'], 'LW1105', 'payload: [0]'],
    'a NUL in a key': [{ 'a\0': 1 }, 'LW1105', 'payload: a key of the value itself'],
    'an own __proto__': [JSON.parse('{"a":{"__proto__":{"admin":true}}}'), 'LW1106', 'payload: a'],
    'a key that is no name': [{ 'a b': { c: 1n } }, 'LW1103', 'payload: ["a b"].c'],
  }
  for (const [name, [value, code, where]] of Object.entries(refused)) {
    test(name, () => {
      expect(codeOf(value)).toBe(code)
      expect(() => encode(value, 'payload')).toThrow(where)
    })
  }
})

test('a cycle is refused, the same object twice is not', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = { inside: cycle }
  expect(codeOf(cycle)).toBe('LW1103')
  const shared = { a: 1 }
  expect(encode([shared, shared], 'payload')).toBe('[{"a":1},{"a":1}]')
})

test('nesting is bounded', () => {
  const nest = (depth: number) => {
    let value: unknown = 1
    for (let i = 0; i < depth; i++) value = [value]
    return value
  }
  expect(codeOf(nest(limits.depth))).toBeUndefined()
  expect(codeOf(nest(limits.depth + 1))).toBe('LW1103')
  expect(codeOf(nest(100_000))).toBe('LW1103')
})

test('size counts bytes of UTF-8, exactly', () => {
  expect(codeOf('é'.repeat(10), 22)).toBeUndefined()
  expect(codeOf('é'.repeat(10), 21)).toBe('LW1104')
  expect(codeOf('x'.repeat(limits.payloadBytes))).toBe('LW1104')
})

test('fields that are undefined are left out, nothing at all is null', () => {
  expect(encode({ a: undefined, b: 1 }, 'payload')).toBe('{"b":1}')
  expect(encode(undefined, 'payload')).toBe('null')
})

test('plain objects of another realm and without a prototype are plain', () => {
  expect(encode(runInNewContext('({ a: [1, { b: 2 }] })'), 'payload')).toBe('{"a":[1,{"b":2}]}')
  expect(encode(Object.assign(Object.create(null) as object, { a: 1 }), 'payload')).toBe('{"a":1}')
})

test('decoding changes no prototype', () => {
  const value = decode('{"__proto__":{"admin":true}}') as { admin?: boolean }
  expect(value.admin).toBeUndefined()
  expect(({} as { admin?: boolean }).admin).toBeUndefined()
})

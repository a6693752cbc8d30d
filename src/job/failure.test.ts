import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limits } from './defaults.ts'
import { fingerprint, toErrorInfo } from './failure.ts'
import { unstorableAt, utf8Bytes } from './text.ts'

const trap = () => {
  throw new Error('trap')
}
const hostile = () =>
  new Proxy({}, { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap })

describe('any thrown value becomes a storable error', () => {
  const cyclic: Record<string, unknown> = { a: 1 }
  cyclic['self'] = cyclic
  const thrown: Record<string, unknown> = {
    'an Error': new TypeError('bad'),
    'a string': 'just text',
    undefined: undefined,
    null: null,
    'a number': 42,
    NaN: Number.NaN,
    'a BigInt': 7n,
    'a symbol': Symbol('s'),
    'a function': () => 1,
    'a cyclic object': cyclic,
    'an object without a prototype': Object.create(null),
    'a proxy that throws at everything': hostile(),
    'an Error whose cause is such a proxy': new Error('outer', { cause: hostile() }),
    'an Error with getters that throw': Object.defineProperties(new Error('x'), {
      stack: { get: trap },
      message: { get: trap },
      name: { get: trap },
      code: { get: trap },
    }),
    'an Error with NUL and half a pair': new Error('a\0b\ud800c'),
    'an Error with fields of other types': Object.assign(new Error('x'), { name: 5, stack: {}, code: 404 }),
    'an object whose toJSON throws': { toJSON: trap },
    'an object whose toString throws': Object.assign(Object.create(null) as object, {
      toString: trap,
      self: cyclic,
    }),
    'an Error with itself as its cause': (() => {
      const e = new Error('loop')
      e.cause = e
      return e
    })(),
    'a revoked proxy': (() => {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      return proxy
    })(),
  }
  for (const [name, value] of Object.entries(thrown)) test(name, () => expectStorable(toErrorInfo(value)))
})

test('any value that fast-check can think of becomes a storable error', () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
      (value) => expectStorable(toErrorInfo(value)),
    ),
  )
})

test('an Error keeps its name, message, code and stack', () => {
  const error = Object.assign(new RangeError('too far'), { code: 'E_FAR' })
  expect(toErrorInfo(error)).toMatchObject({
    name: 'RangeError',
    message: 'too far',
    code: 'E_FAR',
    stack: expect.stringContaining('failure.test'),
  })
})

test('what was no Error says what it was', () => {
  expect(toErrorInfo('boom')).toMatchObject({ name: 'Thrown string', message: 'boom' })
  expect(toErrorInfo(undefined)).toMatchObject({ name: 'Thrown undefined', message: 'undefined' })
  expect(toErrorInfo(null)).toMatchObject({ name: 'Thrown null', message: 'null' })
  expect(toErrorInfo({ status: 500 })).toMatchObject({ name: 'Thrown object', message: '{"status":500}' })
})

test('the causes are told in the stack', () => {
  const error = new Error('outer', { cause: new Error('inner', { cause: 'deep' }) })
  expect(toErrorInfo(error).stack).toMatch(/outer[\s\S]*caused by: Error: inner[\s\S]*caused by: deep/)
})

test('50 MB of stack and message are cut, without walking through it many times', () => {
  const error = Object.assign(new Error('m'.repeat(50_000_000)), {
    stack: `Error\n${'    at f (x.js:1:1)\n'.repeat(2_500_000)}`,
  })
  const startedAt = performance.now()
  const info = toErrorInfo(error)
  expect(performance.now() - startedAt).toBeLessThan(20_000)
  expectStorable(info)
  expect(info.message).toMatch(/50000000 characters in all/)
})

describe('fingerprints', () => {
  const stack = 'Error: x\n    at send (/srv/app/mail.js:10:5)\n    at run (/srv/app/x.js:1:1)'
  test('are equal for errors that differ in numbers, ids, quoted parts and places on the disk', () => {
    const other = 'Error: x\n    at send (/home/ada/mail.js:12:9)'
    const pairs = [
      ['user 17 not found', 'user 4711 not found'],
      ['job 01J8ZQ4X7 failed', 'job 9c1f-22aa failed'],
      ['no file "a.txt"', 'no file "b c.txt"'],
    ] as const
    for (const [a, b] of pairs) expect(fingerprint('Error', a, stack)).toBe(fingerprint('Error', b, other))
  })
  test('differ by name, by message and by the first frame', () => {
    const first = fingerprint('Error', 'no route', stack)
    expect(fingerprint('TypeError', 'no route', stack)).not.toBe(first)
    expect(fingerprint('Error', 'no power', stack)).not.toBe(first)
    expect(fingerprint('Error', 'no route', stack.replace('send', 'receive'))).not.toBe(first)
  })
  test('are sixteen hexadecimal digits, and quick for any text', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        (name, message) => void expect(fingerprint(name, message)).toMatch(/^[0-9a-f]{16}$/),
      ),
    )
    const startedAt = performance.now()
    fingerprint('E', '-'.repeat(1_000_000), ' at '.repeat(1_000_000))
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })
})

function expectStorable(info: ReturnType<typeof toErrorInfo>): void {
  for (const text of Object.values(info)) expect(unstorableAt(text)).toBe(-1)
  expect(utf8Bytes(info.message)).toBeLessThanOrEqual(limits.errorMessageBytes)
  expect(utf8Bytes(info.stack ?? '')).toBeLessThanOrEqual(limits.errorStackBytes)
  expect(info.name).not.toBe('')
  expect(info.fingerprint).toMatch(/^[0-9a-f]{16}$/)
  expect(JSON.parse(JSON.stringify(info))).toEqual(info)
}

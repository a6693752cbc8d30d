// Unique keys as users type them, on both stores, and every way of getting them wrong.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type App,
  InvalidOption,
  InvalidPayload,
  legwork,
  NotUnique,
  task,
  unchecked,
  type UniqueOptions,
} from 'legwork'
import { testApp } from 'legwork/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { engines, expectRefused, jobsIn, loosely, looseTask } from './refusal-kit.ts'

interface Mail {
  readonly user: number
  readonly text?: string
}
const mail = (unique: true | UniqueOptions<Mail>) => task('mail', { input: unchecked<Mail>(), unique })

const folder = mkdtempSync(join(tmpdir(), 'legwork-unique-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const open = (engine: (typeof engines)[number]): App =>
  legwork({ store: engine === 'memory' ? 'memory:' : join(folder, `${++files}.db`) })

describe.each(engines)('%s', (engine) => {
  test('the whole input is the key, whatever the order of its fields', async () => {
    await using app = open(engine)
    const any = task('any', { input: unchecked<object>(), unique: true })
    const first = await app.enqueue(any, { a: 1, b: { c: [1, 2], d: undefined } })
    const same = await app.enqueue(any, { b: { c: [1, 2] }, a: 1.0 })
    const other = await app.enqueue(any, { b: { c: [2, 1] }, a: 1 })
    expect([first.duplicate, same.duplicate, other.duplicate]).toEqual([false, true, false])
    expect(same.id).toBe(first.id)
  })

  test('a key belongs to its task', async () => {
    await using app = open(engine)
    const [a, b] = ['a', 'b'].map((name) =>
      task(name, { input: unchecked<Mail>(), unique: { by: () => 'k' } }),
    )
    const one = await app.enqueue(a as never, { user: 1 } as never)
    const two = await app.enqueue(b as never, { user: 1 } as never)
    expect([one.duplicate, two.duplicate]).toEqual([false, false])
  })

  test('keys of different kinds are different keys', async () => {
    await using app = open(engine)
    const by = task('by', {
      input: unchecked<{ k: string | number | (string | number)[] }>(),
      unique: { by: (i) => i.k },
    })
    const handles = await app.enqueueMany(
      by,
      ['1', 1, ['1'], [1], ['1', 1], '["1"]', 1.0].map((k) => ({ k })),
    )
    expect(handles.map(({ duplicate }) => duplicate)).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
      true,
    ])
  })

  test('throw names the twin, and writes nothing, also in bulk', async () => {
    await using app = open(engine)
    const strict = mail({ by: (i: Mail) => i.user, onConflict: 'throw' })
    const first = await app.enqueue(strict, { user: 1 })
    const error = await expectRefused(() => app.enqueue(strict, { user: 1 }), {
      is: NotUnique,
      code: 'LW1209',
      says: new RegExp(first.id),
    })
    expect(error.details['twin']).toBe(first.id)
    const many = () => app.enqueueMany(strict, [{ user: 2 }, { user: 1 }, { user: 3 }])
    await expectRefused(many, { is: NotUnique, code: 'LW1209', says: /inputs\[1\].*not written/ })
    expect(await jobsIn(app)).toBe(1)
    // Calls made at the same time share a batch, and no fate.
    const together = await Promise.allSettled([5, 1, 6].map((user) => app.enqueue(strict, { user })))
    expect(together.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await jobsIn(app)).toBe(3)
  })

  test('a large bulk of one key is one job', async () => {
    await using app = open(engine)
    const handles = await app.enqueueMany(
      mail({ by: () => 'k' }),
      Array.from({ length: 2_500 }, (_, user) => ({ user })),
    )
    expect(new Set(handles.map(({ id }) => id)).size).toBe(1)
    expect(handles.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
    expect(await jobsIn(app)).toBe(1)
  })

  test('an enqueue may bring its own key, its own rule, both or none', async () => {
    await using app = open(engine)
    const keyed = mail({ by: (i: Mail) => i.user })
    const first = await app.enqueue(keyed, { user: 1 })
    const ownKey = await app.enqueue(keyed, { user: 1 }, { unique: { key: 'other' } })
    const ownRule = app.enqueue(keyed, { user: 1 }, { unique: { onConflict: 'throw' } })
    await expect(ownRule).rejects.toThrow(NotUnique)
    const none = await app.enqueue(keyed, { user: 1 }, { unique: false })
    const plain = task('plain', { input: unchecked<Mail>() })
    const a = await app.enqueue(plain, { user: 1 }, { unique: true })
    const b = await app.enqueue(plain, { user: 1 }, { unique: true })
    expect([first, ownKey, none, a, b].map(({ duplicate }) => duplicate)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ])
  })
})

const slow = { by: (i: Mail) => i.user }

test('debounce runs once it has been quiet, with the newest input, and at the latest after maxWait', async () => {
  const said: unknown[] = []
  const app = legwork('memory:')
  const debounced = mail({ ...slow, debounce: { wait: '5s', maxWait: '12s' } })
  app.handle(debounced, ({ input }) => void said.push(input.text))
  await using t = await testApp(app)
  const type = (text: string) => t.enqueue(debounced, { user: 1, text })
  const first = await type('h')
  for (const text of ['he', 'hel']) {
    await t.clock.advance('4s')
    const again = await type(text)
    expect([again.id, again.duplicate]).toEqual([first.id, true])
  }
  // 12 s after the first, although the last was 4 s ago.
  await t.clock.advance('4s')
  await t.drain()
  expect(said).toEqual(['hel'])
  const next = await type('hell')
  expect(next.duplicate).toBe(false)
  await t.clock.advance('4s')
  await t.drain()
  expect(said).toEqual(['hel'])
  await t.clock.advance('1s')
  await t.drain()
  expect(said).toEqual(['hel', 'hell'])
})

test('throttle runs the first of each span of time, also after it is done', async () => {
  const said: unknown[] = []
  const app = legwork('memory:')
  const throttled = mail({ ...slow, throttle: '10s' })
  app.handle(throttled, ({ input }) => void said.push(input.text))
  await using t = await testApp(app)
  for (const text of ['a', 'b', 'c', 'd']) {
    await t.enqueue(throttled, { user: 1, text })
    await t.drain()
    await t.clock.advance('4s')
  }
  expect(said).toEqual(['a', 'd'])
})

test('latest gives a waiting job the newest input, and a running one is left alone', async () => {
  const said: unknown[] = []
  const app = legwork('memory:')
  const latest = mail({ ...slow, latest: true })
  app.handle(latest, async ({ input }) => {
    said.push(input.text)
    if (input.text === 'b') await t.enqueue(latest, { user: 1, text: 'c' })
  })
  await using t = await testApp(app)
  await t.enqueue(latest, { user: 1, text: 'a' })
  await t.enqueue(latest, { user: 1, text: 'b' })
  await t.drain()
  expect(said).toEqual(['b', 'c'])
})

test('a person’s retry is refused where a newer job holds the key', async () => {
  await using app = legwork('memory:')
  const keyed = mail(slow)
  const old = await app.enqueue(keyed, { user: 1 })
  await old.cancel()
  const young = await app.enqueue(keyed, { user: 1 })
  expect(await app.retry(old.id)).toBe('refused')
  await young.cancel()
  expect(await app.retry(old.id)).toBe('done')
})

const schema = { input: z.object({ user: z.number() }) }
const badKeys: readonly [string, (input: never) => unknown][] = [
  [
    'throws',
    () => {
      throw new TypeError('no such user')
    },
  ],
  ['object', () => ({ user: 1 })],
  ['undefined', () => undefined],
  ['null', () => null],
  ['empty', () => ''],
  ['NaN', () => Number.NaN],
  ['Infinity', () => Infinity],
  ['empty list', () => []],
  ['list with an object', () => ['a', {}]],
  ['list with a hole', () => new Array(2)],
  ['boolean', () => true],
  ['bigint', () => 1n],
  ['promise', async () => 'k'],
  ['symbol', () => Symbol('k')],
  ['too long', () => 'k'.repeat(1_025)],
  ['NUL', () => 'a\0b'],
  ['half a pair', () => '\ud800'],
]

test.each(badKeys)('a key that is none is refused with LW1210 and nothing is written: %s', async (_, by) => {
  await using app = legwork('memory:')
  const bad = looseTask('bad', { ...schema, unique: { by } }) as never
  const refusal = { is: InvalidOption, code: 'LW1210', says: /task bad: unique\.by/ }
  await expectRefused(() => loosely(app).enqueue(bad, { user: 1 }), refusal)
  await expectRefused(() => loosely(app).enqueueMany(bad, [{ user: 1 }]), {
    ...refusal,
    says: /inputs\[0\]/,
  })
  expect(await jobsIn(app)).toBe(0)
})

test('an input that does not fit its schema is the reason, not the key that could not be made of it', async () => {
  await using app = legwork('memory:')
  const deep = task('deep', {
    input: z.object({ a: z.object({ b: z.string() }) }),
    unique: { by: (i) => i.a.b },
  })
  await expectRefused(() => loosely(app).enqueue(deep, {}), { is: InvalidPayload, code: 'LW1102' })
  await expectRefused(() => loosely(app).enqueueMany(deep, [{}]), { is: InvalidPayload, code: 'LW1102' })
})

const badRules: readonly [string, unknown, string?][] = [
  ['a number', 1],
  ['null', null],
  ['false', false],
  ['unknown option', { byy: () => 1 }],
  ['by is no function', { by: 'user' }],
  ['unknown word', { while: 'running' }],
  ['unknown state', { while: ['scheduled', 'ready', 'done'] }],
  ['no state', { while: [] }],
  ['only ready', { while: ['ready'] }, 'LW1211'],
  ['running without the states that a retry goes back to', { while: ['running'] }, 'LW1211'],
  ['ready and running without scheduled', { while: ['ready', 'running'] }, 'LW1211'],
  ['completed without running', { while: ['scheduled', 'ready', 'completed'] }, 'LW1211'],
  ['for of no time', { for: 0 }],
  ['for without a unit', { for: '10' }],
  ['unknown onConflict', { onConflict: 'skip' }],
  ['debounce without wait', { debounce: {} }],
  ['debounce as a duration', { debounce: '5s' }],
  ['maxWait under wait', { debounce: { wait: '5s', maxWait: '1s' } }],
  ['two presets', { throttle: '1s', latest: true }],
  ['a preset and a rule', { latest: true, onConflict: 'throw' }],
  ['latest of another kind', { latest: 'yes' }],
]

test.each(badRules)(
  'a rule that is none is refused where it is defined and where it is used: %s',
  async (_, unique, code) => {
    const refusal = { is: InvalidOption, code: code ?? 'LW1201' }
    await expectRefused(() => looseTask('bad', { ...schema, unique }), refusal)
    await using app = legwork('memory:')
    const plain = task('plain', schema)
    if (unique === false) return
    await expectRefused(() => loosely(app).enqueue(plain, { user: 1 }, { unique }), refusal)
    expect(await jobsIn(app)).toBe(0)
  },
)

test('a key of the caller’s own is checked, and debounce brings its own time', async () => {
  await using app = legwork('memory:')
  const plain = task('plain', schema)
  const refused = (options: object, code: string) =>
    expectRefused(() => loosely(app).enqueue(plain, { user: 1 }, options), { is: InvalidOption, code })
  await refused({ unique: { key: '' } }, 'LW1210')
  await refused({ unique: { key: null } }, 'LW1210')
  await refused({ unique: { by: () => 1 } }, 'LW1201')
  await refused({ delay: '1s', unique: { debounce: { wait: '1s' } } }, 'LW1201')
  await refused({ runAt: new Date(Date.now() + 5_000), unique: { debounce: { wait: '1s' } } }, 'LW1201')
  expect(await jobsIn(app)).toBe(0)
})

test('by knows the input, and a rule takes one preset', () => {
  task('typed', {
    input: unchecked<{ id: number }>(),
    unique: { by: (i) => i.id, for: '10m', onConflict: 'return' },
  })
  // @ts-expect-error: no such field
  task('typed', { input: unchecked<{ id: number }>(), unique: { by: (i) => i.name } })
  // @ts-expect-error: a preset is a rule of its own
  expect(() => task('typed', { unique: { throttle: '10m', latest: true } })).toThrow(InvalidOption)
  // @ts-expect-error: no such rule
  expect(() => task('typed', { unique: { onConflict: 'skip' } })).toThrow(InvalidOption)
})

// Whatever a handler throws, says, notes or returns can be recorded, on every engine: half a surrogate, NUL, and more than fits.
import { Dead, legwork, task, unchecked } from 'legwork'
import { memory } from 'legwork/memory'
import { postgres } from 'legwork/postgres'
import { redis } from 'legwork/redis'
import { sqlite } from 'legwork/sqlite'
import type { Store } from 'legwork/store'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freshFolder } from '../fixtures/houses.mjs'
import { startPostgres } from '../fixtures/postgres.mjs'
import { startRedis } from '../fixtures/redis-server.mjs'

interface Place {
  readonly store: Store
  stop?(): Promise<void>
}

const places: Readonly<Record<string, () => Promise<Place>>> = {
  memory: async () => ({ store: memory() }),
  sqlite: async () => ({ store: sqlite(join(freshFolder('legwork-values-'), 'jobs.db')) }),
  redis: async () => {
    const server = await startRedis()
    return { store: redis(server.url), stop: () => server.stop() }
  },
  postgres: async () => {
    const server = await startPostgres()
    return { store: postgres(server.url), stop: () => server.stop() }
  },
}

/** Texts that one engine or another cannot hold as they are. */
const texts = {
  nul: 'a\0b\0',
  'a lone half': 'x\ud83dy',
  'the other half': '\ude00z',
  'both halves': '😀',
  'what looks like an escape': '\\u0000 \\ud83d \\',
  'a mark of ours': '\uf8ff0\uf8ff1\uf8ffd83d',
  controls: Array.from({ length: 32 }, (_, i) => String.fromCharCode(i)).join(''),
  quotes: `'"$1$$;--{}[]`,
  beyond: '\u2028\u2029\ufeff\uffff',
}

const halves = new Set(['nul', 'a lone half', 'the other half', 'controls'] as const)

const echo = task('echo', { input: unchecked<unknown>(), output: unchecked<unknown>() })
const fails = task('fails', { input: unchecked<keyof typeof texts>(), retry: { attempts: 1 } })
const yields = task('yields', {
  input: unchecked<keyof typeof texts>(),
  output: unchecked<string>(),
  retry: { attempts: 1 },
})
const odd = task('odd', { input: unchecked<number>(), retry: { attempts: 1 } })

test.concurrent.each(Object.keys(places))(
  '%s: everything that a job says comes back, and every end is recorded',
  async (name) => {
    const { store, stop } = await (places[name] as () => Promise<Place>)()
    const said: string[] = []
    const tell = (_: object, message: string) => void said.push(message)
    const app = legwork({ store, log: { debug() {}, info() {}, warn: tell, error: tell } })
    app.handle(echo, ({ input, progress, log }) => {
      for (const text of Object.values(texts)) log.info(text, { text, [text]: 1 })
      progress({ percent: 50, note: texts.nul, data: texts })
      return input
    })
    app.handle(yields, ({ input }) => texts[input])
    app.handle(fails, ({ input: kind }) => {
      const input = texts[kind]
      throw Object.assign(new Error(input), {
        name: `Odd${input}`,
        code: input,
        stack: `at ${input}`,
        cause: new Error(input),
      })
    })
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    const thrown: readonly unknown[] = [
      undefined,
      null,
      '\0',
      Symbol('a\0'),
      cyclic,
      10n,
      () => {},
      new Dead(texts.nul),
      new Error('x'.repeat(2_000_000)),
      new Error('\0'.repeat(100_000)),
      Object.create(null),
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no')
          },
        },
      ),
      {
        toString: () => {
          throw new Error('no')
        },
        message: { a: 1 },
      },
      new AggregateError([new Error('\0'), '\ud83d'], '\0'),
    ]
    app.handle(odd, ({ input }) => {
      throw thrown[input]
    })
    await app.start()
    // A payload goes in and comes out as it is, or is refused with a code before anything is written.
    const whole = Object.entries(texts)
      .filter(([kind]) => !(halves as ReadonlySet<string>).has(kind))
      .map(([, text]) => text)
    const inputs: unknown[] = [
      ...whole,
      Object.fromEntries(whole.map((text) => [text, text])),
      { constructor: 1, toString: null, prototype: { a: 1 } },
      [0, 2 ** 53, 1e308, 5e-324, 0.1, null, true, '', [], {}],
      'é'.repeat(300_000),
    ]
    for (const input of inputs) {
      const job = await app.enqueue(echo, input)
      expect(await job.result({ timeout: '20s' })).toEqual(input)
      const [stored] = await store.get([job.id])
      expect(JSON.parse(stored?.payload ?? '')).toEqual(input)
      expect(stored).toMatchObject({ state: 'completed', attempt: 1 })
    }
    await expect(app.enqueue(echo, JSON.parse('{"__proto__": 1}'))).rejects.toMatchObject({ code: 'LW1106' })
    for (const kind of halves) {
      const text = texts[kind]
      for (const input of [text, { [text]: 1 }, [[{ a: text }]]])
        await expect(app.enqueue(echo, input), kind).rejects.toMatchObject({ code: 'LW1105' })
      // A result that cannot be kept is a failure that says so.
      const job = await app.enqueue(yields, kind)
      await expect(job.result({ timeout: '20s' }), kind).rejects.toMatchObject({ code: 'LW2201' })
      expect(await job.status()).toMatchObject({ state: 'dead', error: { code: 'LW1105' } })
    }
    const noisy = await app.enqueue(echo, 1)
    await noisy.result({ timeout: '20s' })
    const [quiet] = await store.get([noisy.id], { attempts: true, logs: true })
    const lines = quiet?.logs ?? []
    // And one that says what of the progress could not be kept.
    expect(lines).toHaveLength(Object.keys(texts).length + 1)
    expect(lines.map(({ message }) => message)).toEqual(
      expect.arrayContaining(['a\ufffdb\ufffd', '😀', texts.quotes]),
    )
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
    for (const kind of Object.keys(texts) as (keyof typeof texts)[]) {
      const job = await app.enqueue(fails, kind)
      await expect(job.result({ timeout: '20s' })).rejects.toMatchObject({ code: 'LW2201' })
      const [stored] = await store.get([job.id], { attempts: true })
      expect(stored).toMatchObject({ state: 'dead', failures: 1, attempt: 1 })
      const { message = '', name: errorName = '' } = stored?.attempts?.[0]?.error ?? {}
      // Recorded, as text that every engine and every terminal can hold.
      expect(message.length, kind).toBeGreaterThan(0)
      expect(errorName.length).toBeGreaterThan(0)
      expect((await job.status()).error?.message).toBe(message)
    }
    for (const [i] of thrown.entries()) {
      const job = await app.enqueue(odd, i)
      await expect(job.result({ timeout: '20s' }), `thrown ${i}`).rejects.toMatchObject({ code: 'LW2201' })
      expect(await job.status(), `thrown ${i}`).toMatchObject({ state: 'dead' })
    }
    const held = await app.enqueue(echo, 2, { delay: '1h' })
    await held
      .cancel({ reason: texts.nul } as never)
      .catch((error: { code?: string }) => expect(error.code).toMatch(/^LW/))
    expect((await app.failures()).length).toBeGreaterThan(0)
    expect(said.filter((one) => one.includes('the store did not take'))).toEqual([])
    await app.stop()
    await stop?.()
  },
)

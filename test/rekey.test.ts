import { join } from 'node:path'
import { type App, legwork, type Keys, task, unchecked } from 'legwork'
import { memory } from 'legwork/memory'
import { sqlite } from 'legwork/sqlite'
import { expect, test } from 'vitest'
import { cli, folder, json } from './cli-kit.ts'
import { newKey, place } from './payload-kit.ts'
import { errorOf } from './refusal-kit.ts'
import { silent } from './stage-kit.ts'

const [k1, k2] = [newKey(), newKey()]
const old: Keys = { active: 'k1', k1 }
const both: Keys = { active: 'k2', k1, k2 }
const fresh: Keys = { active: 'k2', k2 }
const note = task('note', {
  input: unchecked<{ text: string; fail?: boolean }>(),
  output: unchecked<string>(),
  encrypt: ['text'],
  retry: { attempts: 1 },
})
const plain = task('plain', { input: unchecked<string>() })

const engines = [
  ['memory', () => memory()],
  ['sqlite', () => sqlite({ path: join(place(), 'jobs.db') })],
] as const

/** One app after the other on one store, which only the last one closes. */
function generations(make: (typeof engines)[number][1]) {
  const inner = make()
  const store = { ...inner, close: async () => {} }
  const app = (keys: Keys): App =>
    legwork({ store, keys, log: silent }).handle(note, ({ input, log }) => {
      log.info(`said ${input.text}`)
      if (input.fail) throw new Error(`no: ${input.text}`)
      return input.text.toUpperCase()
    })
  return { app, close: () => inner.close() }
}

test.each(engines)(
  'waiting and finished jobs, results, errors and logs open with the new key alone, on %s',
  async (_, make) => {
    const { app, close } = generations(make)
    const before = app(old)
    await before.start()
    const done = await before.enqueue(note, { text: 'ada' })
    const dead = await before.enqueue(note, { text: 'eve', fail: true })
    await done.result()
    await errorOf(() => dead.result())
    const waits = await before.enqueueMany(
      note,
      Array.from({ length: 250 }, (_, i) => ({ text: `w${i}` })),
      { delay: '1h' },
    )
    await before.enqueue(plain, 'open')
    await before.stop()

    const changer = app(both)
    const foreseen = await changer.rekey({ dryRun: true })
    expect(foreseen).toEqual({ looked: 253, rekeyed: 252, current: 0, missing: {}, done: true })
    const seen: number[] = []
    expect(await changer.rekey({ onProgress: ({ looked }) => void seen.push(looked) })).toEqual(foreseen)
    expect(seen).toEqual([100, 200, 253])
    expect(await changer.rekey()).toEqual({ looked: 253, rekeyed: 0, current: 252, missing: {}, done: true })
    await changer.stop()

    const after = app(fresh)
    expect(await after.job(done.id).result()).toBe('ADA')
    expect(String(await errorOf(() => after.job(dead.id).result()))).toContain('no: eve')
    const events = []
    for await (const event of after.job(done.id).events()) events.push(event)
    expect(events).toContainEqual(expect.objectContaining({ type: 'log', message: 'said ada' }))
    await after.start()
    const store = await after.store()
    await store.act({ verb: 'promote', ids: waits.map(({ id }) => id), by: 'test' })
    const results = await Promise.all(waits.map(({ id }) => after.job(id).result()))
    expect(results).toEqual(waits.map((_, i) => `W${i}`))
    await after.stop()
    await close()
  },
)

test('an interrupted walk goes on where it was, and a finished one begins anew', async () => {
  const { app, close } = generations(engines[0][1])
  const before = app(old)
  await before.enqueueMany(
    note,
    Array.from({ length: 300 }, (_, i) => ({ text: `${i}` })),
  )
  await before.stop()
  const changer = app(both)
  const over = new AbortController()
  const first = await changer.rekey({ signal: over.signal, onProgress: () => over.abort() })
  expect(first).toMatchObject({ looked: 100, rekeyed: 100, done: false })
  await changer.stop()
  const next = app(both)
  expect(await next.rekey()).toMatchObject({ looked: 200, rekeyed: 200, done: true })
  expect(await next.rekey()).toMatchObject({ looked: 300, rekeyed: 0, current: 300, done: true })
  await next.stop()
  await close()
})

test('a payload that changes under the walk is looked at again', async () => {
  const inner = memory()
  let meddled = 0
  const store = {
    ...inner,
    payloads: {
      ...inner.payloads,
      async replace(changes: Parameters<typeof inner.payloads.replace>[0]) {
        const [change] = changes
        // Another process has sealed this key a moment before, as a second walk does.
        if (change && meddled++ === 0)
          await inner.payloads.replace([{ ...change, now: change.was.replace('"kid":"k1"', '"kid":"k1" ') }])
        return inner.payloads.replace(changes)
      },
    },
  }
  const app = legwork({ store, keys: old, log: silent })
  await app.enqueue(note, { text: 'x' })
  const changer = legwork({ store, keys: both, log: silent })
  expect(await changer.rekey()).toMatchObject({ looked: 1, rekeyed: 1 })
  expect(meddled).toBe(2)
  await app.stop()
})

test('jobs whose key is gone, or whose text was changed, are counted and left alone', async () => {
  const { app, close } = generations(engines[0][1])
  const before = app(old)
  const [lost, bent] = await before.enqueueMany(note, [{ text: 'a' }, { text: 'b' }])
  const store = await before.store()
  const [a, b] = await store.get([lost?.id as string, bent?.id as string])
  const was = `${b?.payload}`
  await store.payloads.replace([
    { id: bent?.id as string, was, now: was.replace('"kid":"k1"', '"kid":"k2"') },
  ])
  const changer = app({ ...fresh })
  expect(await changer.rekey()).toEqual({ looked: 2, rekeyed: 0, current: 1, missing: { k1: 1 }, done: true })
  const other = app({ active: 'k3', k3: newKey(), k2, k1 })
  expect(await other.rekey()).toMatchObject({ rekeyed: 1, missing: { damaged: 1 } })
  expect((await store.get([lost?.id as string]))[0]?.payload).not.toBe(a?.payload)
  await before.stop()
  await close()
})

test('it needs keys, and knows its options', async () => {
  expect(await errorOf(() => legwork('memory:').rekey())).toMatchObject({ code: 'LW1602' })
  const app = legwork({ store: 'memory:', keys: old })
  for (const bad of [{ dry: true }, { dryRun: 'yes' }, { signal: 1 }, { onProgress: 1 }, 7])
    expect(await errorOf(() => app.rekey(bad as never))).toMatchObject({ code: 'LW1201' })
})

test('the command line says what it did, and what is left', async () => {
  const cwd = folder()
  const url = join(cwd, 'jobs.db')
  const app = legwork({ store: url, keys: old, log: silent })
  await app.enqueueMany(note, [{ text: 'a' }, { text: 'b' }])
  await app.stop()
  const words = ['rekey', '--url', url]
  const env = (keys: Keys) => ({ cwd, env: { LEGWORK_KEYS: JSON.stringify(keys) } })
  expect(await json([...words, '--dry-run'], env(both))).toMatchObject({
    looked: 2,
    rekeyed: 2,
    dryRun: true,
  })
  expect(await cli(words, env(fresh))).toMatchObject({
    code: 1,
    err: expect.stringContaining('2 jobs sealed with key k1, which is not here'),
  })
  const done = await cli(words, env(both))
  expect(done).toMatchObject({
    code: 0,
    out: expect.stringContaining('2 jobs looked at, 2 sealed with the active key'),
  })
  expect(done.err).toContain('run it again until it seals nothing')
  expect(await cli(words, { cwd })).toMatchObject({ code: 2, err: expect.stringContaining('LEGWORK_KEYS') })
})

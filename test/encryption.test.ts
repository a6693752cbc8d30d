import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type App, fixed, legwork, type Keys, RetryIn, Snooze, task, unchecked } from 'legwork'
import { testApp } from 'legwork/testing'
import { expect, test } from 'vitest'
import { filesWith, newKey, place } from './payload-kit.ts'
import { errorOf } from './refusal-kit.ts'
import { silent } from './stage-kit.ts'

const canary = 'canary-4711-of-the-payload'
const [k1, k2] = [newKey(), newKey()]
const mail = task('mail', {
  input: unchecked<{ to: string; kind: string }>(),
  output: unchecked<unknown>(),
  encrypt: ['to'],
  retry: { attempts: 1 },
})
const secret = task('secret', {
  input: unchecked<unknown>(),
  output: unchecked<unknown>(),
  encrypt: true,
  retry: { attempts: 1 },
})

const ring = (active: string, more: Record<string, string> = {}): Keys => ({ active, k1, ...more })
const appWith = (keys: Keys | undefined, store: string): App =>
  legwork({ store, log: silent, ...(keys && { keys }) })
const stored = async (app: App, id: string) =>
  (await (await app.store()).get([id], { attempts: true, logs: true }))[0]

test('the handler gets the payload, and the file holds neither it nor what the run said of it', async () => {
  const dir = place()
  const app = appWith(ring('k1'), join(dir, 'jobs.db'))
  const seen: unknown[] = []
  app.handle(mail, async ({ input, log, progress, attempt, job, checkpoint, cursor }) => {
    seen.push(input)
    if (attempt > 1) expect(cursor).toEqual([input.to])
    await checkpoint([input.to])
    log.info(`to ${input.to}`, { to: input.to })
    progress({ percent: 50, note: input.to, data: { to: input.to } })
    if (input.kind === 'snooze' && attempt === 1) throw new Snooze(1, `no luck with ${input.to}`)
    if (input.kind === 'throw') throw Object.assign(new Error(`cannot reach ${input.to}`), { code: input.to })
    return { sent: input.to, id: job.id }
  })
  app.handle(secret, ({ input }) => input)
  const [good, snoozed, dead] = await app.enqueueMany(
    mail,
    ['good', 'snooze', 'throw'].map((kind) => ({ to: canary, kind })),
  )
  const whole = await app.enqueue(secret, { deep: [canary] })
  await app.start()
  expect(await good?.result()).toEqual({ sent: canary, id: good?.id })
  expect(await snoozed?.result()).toMatchObject({ sent: canary })
  expect(await whole.result()).toEqual({ deep: [canary] })
  expect(String(await errorOf(() => dead?.result()))).toContain(`cannot reach ${canary}`)
  expect(seen).toContainEqual({ to: canary, kind: 'good' })
  expect(await good?.status()).toMatchObject({ state: 'completed', output: { sent: canary } })
  const events = []
  for await (const event of good?.events() ?? []) events.push(event)
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'log', message: `to ${canary}`, data: { to: canary } }),
  )
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'progress', note: canary, data: { to: canary } }),
  )
  const job = await stored(app, dead?.id as string)
  expect(JSON.parse(job?.payload as string).body).toMatchObject({ kind: 'throw', to: { alg: 'A256GCM' } })
  expect((await app.why(dead?.id as string)).text).not.toContain(canary)
  await app.stop()
  expect(filesWith(dir, canary), 'after a checkpoint').toEqual([])
  expect(filesWith(dir, 'A256GCM'), 'the dump looks in the right place').not.toEqual([])
})

test('a field that is not there, and one that is null, need no special care', async () => {
  const app = appWith(ring('k1'), 'memory:').handle(secret, ({ input }) => input ?? 'nothing')
  const odd = task('odd', {
    input: unchecked<unknown>(),
    output: unchecked<unknown>(),
    encrypt: ['a.b', '**.c', 'list.*.d'],
  })
  app.handle(odd, ({ input }) => input)
  await app.start()
  for (const input of [
    {},
    { a: null },
    { a: { b: null } },
    [1],
    'text',
    { list: [{ d: 1 }, { d: { c: 2 } }], c: [] },
  ])
    expect(await app.run(odd, input)).toEqual(input)
  expect(await app.run(secret, null)).toBe('nothing')
  await app.stop()
})

test('a sealed text opens in its own job and in no other, and a change is noticed', async () => {
  const app = appWith(ring('k1'), 'memory:').handle(mail, ({ input }) => input.to)
  const t = testApp(app)
  const [mine, other] = await t.enqueueMany(mail, [
    { to: 'ada', kind: 'a' },
    { to: 'eve', kind: 'b' },
  ])
  const store = await t.store()
  const [a, b] = await store.get([mine?.id as string, other?.id as string])
  await t.drain()
  const copied = await t.enqueue(mail, { to: 'x', kind: 'c' }, { id: 'copy' })
  expect(await copied.status()).toMatchObject({ state: 'ready' })
  await store.act({ verb: 'remove', ids: ['copy'], by: 'test' })
  const forge = (id: string, payload: string) => ({ ...jobLike, id, payload })
  const jobLike = {
    task: 'mail',
    queue: 'default',
    version: 1,
    priority: 5,
    maxAttempts: 1,
    tags: [],
    retain: { completed: null, dead: null, cancelled: null },
  }
  const bent = `${a?.payload}`.replace(/"ct":"(.)/, (_, c: string) => `"ct":"${c === 'A' ? 'B' : 'A'}`)
  await store.enqueue([forge('copy', b?.payload as string), forge('bent', bent)])
  await t.drain()
  for (const id of ['copy', 'bent']) {
    const [job] = await store.get([id])
    expect(job).toMatchObject({
      state: 'dead',
      reason: 'undecodable',
      error: { code: 'LW2602' },
      failures: 0,
    })
  }
})

test('new jobs take the active key, old ones open as long as theirs is there', async () => {
  const file = join(place(), 'jobs.db')
  const before = appWith(ring('k1'), file)
  const old = await before.enqueue(mail, { to: canary, kind: 'old' })
  await before.stop()
  const app = appWith(ring('k2', { k2 }), file).handle(mail, ({ input }) => input)
  const fresh = await app.enqueue(mail, { to: canary, kind: 'new' })
  const kidOf = async (id: string) => JSON.parse((await stored(app, id))?.payload as string).$legwork.key.kid
  expect([await kidOf(old.id), await kidOf(fresh.id)]).toEqual(['k1', 'k2'])
  await app.start()
  expect(await app.job(old.id).result()).toEqual({ to: canary, kind: 'old' })
  expect(await fresh.result()).toEqual({ to: canary, kind: 'new' })
  await app.stop()
})

test('without its key a job is put off with that reason, spends no failure, and runs when the key is back', async () => {
  const file = join(place(), 'jobs.db')
  const producer = appWith(ring('k1'), file)
  const job = await producer.enqueue(mail, { to: canary, kind: 'x' })
  await producer.stop()
  const poor = appWith({ active: 'k2', k2 }, file).handle(mail, ({ input }) => input)
  await poor.start()
  let why = await poor.why(job.id)
  while (why.reason.kind !== 'key-missing') why = await poor.why(job.id)
  expect(why).toMatchObject({
    state: 'scheduled',
    text: expect.stringContaining('sealed with key k1, which is not here (here is "k2")'),
  })
  expect(await poor.job(job.id).status()).toMatchObject({ state: 'scheduled', failures: 0, losses: 0 })
  await poor.stop()
  const rich = appWith(ring('k1'), file).handle(mail, ({ input }) => input)
  await (await rich.store()).act({ verb: 'promote', ids: [job.id], by: 'test' })
  await rich.start()
  expect(await rich.job(job.id).result({ timeout: '10s' })).toEqual({ to: canary, kind: 'x' })
  await rich.stop()
})

test('a result whose key is gone says so; what else is known of its job is told', async () => {
  const file = join(place(), 'jobs.db')
  const app = appWith(ring('k1'), file).handle(mail, ({ input }) => input)
  await app.start()
  const job = await app.enqueue(mail, { to: canary, kind: 'x' })
  await job.result()
  await app.stop()
  const poor = appWith({ active: 'k2', k2 }, file)
  expect(await errorOf(() => poor.job(job.id).result())).toMatchObject({ code: 'LW2601' })
  expect(await poor.job(job.id).status()).toMatchObject({ state: 'completed' })
  await poor.stop()
})

test('a function gives the keys', async () => {
  let calls = 0
  const keys = async () => (++calls, ring('k1'))
  const app = legwork({ store: 'memory:', log: silent, keys }).handle(mail, ({ input }) => input)
  await app.start()
  expect(await app.run(mail, { to: canary, kind: 'a' })).toMatchObject({ to: canary })
  expect(await app.run(mail, { to: canary, kind: 'b' })).toMatchObject({ to: canary })
  expect(calls).toBe(1)
  await app.stop()
})

test.each([
  ['no active key', { k1 }, /keys\.active: got undefined/],
  [
    'an active key that is not there',
    { active: 'k9', k1 },
    /keys\.active: got "k9", expected one of its keys: k1/,
  ],
  ['a short key', { active: 'k1', k1: 'AAAA' }, /keys\.k1: got "3 bytes", expected 32 bytes/],
  ['no base64', { active: 'k1', k1: 'not base64 !' }, /keys\.k1/],
  ['an unknown index', { active: 'k1', index: 'k0', k1 }, /keys\.index: got "k0"/],
  ['a list', [k1], /keys: got/],
  ['text that is no JSON', `${k1}`, /expected JSON/],
  ['a number', 7, /keys: got/],
])('bad keys are refused at once, without being quoted: %s', async (_, keys, says) => {
  const error = (await errorOf(() => legwork({ store: 'memory:', keys: keys as never }))) as Error
  expect(error).toMatchObject({ code: 'LW1601' })
  expect(error.message).toMatch(says)
  expect(error.message).not.toContain(k1)
})

test('a task that encrypts is refused by an app without keys, or whose keys cannot be had', async () => {
  const none = legwork('memory:')
  expect(await errorOf(() => none.enqueue(mail, { to: canary, kind: 'x' }))).toMatchObject({ code: 'LW1602' })
  expect(await errorOf(() => none.enqueueMany(mail, [{ to: canary, kind: 'x' }]))).toMatchObject({
    code: 'LW1602',
  })
  expect((await (await none.store()).find({}, { limit: 1 })).jobs).toEqual([])
  const broken = legwork({ store: 'memory:', keys: () => Promise.reject(new Error('vault is sealed')) })
  const error = await errorOf(() => broken.enqueue(mail, { to: canary, kind: 'x' }))
  expect(error).toMatchObject({ code: 'LW1602', message: expect.stringContaining('vault is sealed') })
  const bad = legwork({ store: 'memory:', keys: () => ({ active: 'k1' }) })
  expect(await errorOf(() => bad.enqueue(mail, { to: canary, kind: 'x' }))).toMatchObject({ code: 'LW1601' })
})

test('bad paths to encrypt are refused where the task is defined', async () => {
  const define = (encrypt: unknown) => () => task('t', { encrypt: encrypt as never })
  for (const bad of ['to', false, [''], ['a..b'], ['a b\n'], [7], [['a']], ['***'], ['a.*b']])
    expect(await errorOf(define(bad)), JSON.stringify(bad)).toMatchObject({ code: 'LW1201' })
})

test('what is sealed counts with what sealing adds, and a retry by the handler’s own wish stays sealed', async () => {
  const app = appWith(ring('k1'), 'memory:')
  const error = await errorOf(() => app.enqueue(secret, 'x'.repeat(900_000)))
  expect(error).toMatchObject({ code: 'LW1104', message: expect.stringContaining('when it is sealed') })
  const again = task('again', { input: unchecked<string>(), encrypt: true })
  const t = testApp(
    appWith(ring('k1'), 'memory:').handle(again, ({ input }) => {
      throw new RetryIn('1h', { message: input })
    }),
  )
  const job = await t.enqueue(again, canary)
  await t.drain()
  const [row] = await (await t.store()).get([job.id], { attempts: true, logs: true })
  expect(row?.state).toBe('scheduled')
  expect(JSON.stringify(row)).not.toContain(canary)
})

test('a retry sees the error of the attempt before it as it was thrown, and a tool the input', async () => {
  const again = task('again', {
    input: unchecked<string>(),
    encrypt: true,
    retry: { attempts: 2, backoff: fixed(0) },
  })
  const seen: unknown[] = []
  const app = appWith(ring('k1'), 'memory:').handle(again, ({ input, previous }) => {
    seen.push(previous?.error?.message)
    throw new Error(`no ${input}`)
  })
  const job = await app.enqueue(again, canary)
  expect(await app.inputOf(job.id)).toBe(canary)
  expect(await errorOf(() => app.inputOf('nobody'))).toMatchObject({ code: 'LW2301' })
  await app.start()
  expect(String(await errorOf(() => job.result()))).toContain(`no ${canary}`)
  expect(seen).toEqual([undefined, `no ${canary}`])
  await app.stop()
})

test('unique keys of encrypted tasks are blind, survive a change of the active key, and a twin that is replaced opens', async () => {
  const dir = place()
  const file = join(dir, 'jobs.db')
  const one = task('one', {
    input: unchecked<{ to: string; n: number }>(),
    output: unchecked<unknown>(),
    encrypt: ['to'],
    unique: { by: ({ to }) => to, onConflict: 'replace' },
  })
  const first = appWith(ring('k1'), file)
  const holder = await first.enqueue(one, { to: canary, n: 1 }, { delay: '1h' })
  await first.stop()
  const app = appWith({ active: 'k2', index: 'k1', k1, k2 }, file).handle(one, ({ input }) => input)
  const newcomer = await app.enqueue(one, { to: canary, n: 2 })
  expect([newcomer.id, newcomer.duplicate]).toEqual([holder.id, true])
  expect((await app.rekey()).missing).toEqual({})
  await app.start()
  expect(await newcomer.result()).toEqual({ to: canary, n: 2 })
  await app.stop()
  // What anybody could make of the input alone.
  const guess = createHash('sha256')
    .update(`one\nby ${JSON.stringify(canary)}`)
    .digest('base64url')
  expect(filesWith(dir, guess)).toEqual([])
  expect(filesWith(dir, canary)).toEqual([])
  const unclear = appWith({ active: 'k2', k1, k2 }, 'memory:')
  const error = await errorOf(() => unclear.enqueue(one, { to: 'x', n: 1 }))
  expect(error).toMatchObject({ code: 'LW1601', message: expect.stringContaining('keys.index') })
})

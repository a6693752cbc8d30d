// What a person does about dead letters through the app: groups, redrive, purge, edit.
import { join } from 'node:path'
import {
  type App,
  type DeadLetters,
  InvalidOption,
  legwork,
  LegworkError,
  type RedriveOptions,
  task,
} from 'legwork'
import { memory } from 'legwork/memory'
import { sqlite } from 'legwork/sqlite'
import type { Store } from 'legwork/store'
import { virtualClock } from 'legwork/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { bury } from './dead-kit.ts'
import { freshFolder } from './fixtures/houses.mjs'

const mail = task('mail', { input: z.object({ to: z.string() }), retry: { attempts: 1 } })
const silent = { debug() {}, info() {}, warn() {}, error() {} }

const stores: Readonly<Record<string, () => Store>> = {
  memory: () => memory(),
  sqlite: () => sqlite({ path: join(freshFolder('legwork-dead-'), 'jobs.db'), durability: 'process-safe' }),
}

function open(make: () => Store): App {
  const app = legwork({ store: make(), log: silent, pace: { pollMs: 20, tendMs: 50 } })
  onTestFinished(() => app.stop({ grace: 0 }))
  return app
}

const states = async (app: App, ids: readonly string[]) =>
  (await (await app.store()).get(ids)).map((job) => job?.state)

describe.each(Object.entries(stores))('dead letters on %s', (_name, make) => {
  test('groups say how many are dead, and a resolved one opens again when a job dies in it', async () => {
    const app = open(make)
    await bury(await app.store(), 3)
    await bury(await app.store(), 1, { name: 'other', fingerprint: 'abad1dea' })
    const [first, second] = await app.failures({ since: '1h' })
    expect(first).toMatchObject({ task: 'mail', count: 3, total: 3, status: 'open', sampleJobId: 'dead-2' })
    expect(first?.lastSeenAt).toBeInstanceOf(Date)
    expect(second?.fingerprint).toBe('abad1dea')
    expect(await app.markFailures({ fingerprint: 'abad1dea' }, 'resolved')).toBe(1)
    await bury(await app.store(), 1, { name: 'again', fingerprint: 'abad1dea' })
    const [again] = await app.failures({ fingerprint: 'abad1dea' })
    expect(again).toMatchObject({ status: 'open', count: 2 })
    expect(again?.regressedAt).toBeInstanceOf(Date)
  })

  test('a redrive brings back what fits, each once, and the workers run it', async () => {
    const app = open(make)
    const ids = await bury(await app.store(), 40)
    const others = await bury(await app.store(), 2, { name: 'other', message: 'no such user' })
    const ran: string[] = []
    app.handle(mail, ({ job }) => void ran.push(job.id))
    await app.start()
    const redrive = await app.redrive({ task: mail, error: 'ETIMEDOUT' }, { rate: '500/s', canary: 5 })
    const last = await redrive.wait({ timeout: '20s' })
    expect(last).toMatchObject({ state: 'done', total: 40, done: 40, skipped: 0, failed: 0, rate: 500 })
    await Promise.all(ids.map((id) => app.job(id).result({ timeout: '20s' })))
    expect(ran.sort()).toEqual([...ids].sort())
    expect(await states(app, others)).toEqual(['dead', 'dead'])
    expect((await app.bulks()).map(({ id }) => id)).toEqual([redrive.id])
  })

  test('a canary that dies again stops the redrive, and a person may go on nevertheless', async () => {
    const app = open(make)
    await bury(await app.store(), 10)
    app.handle(mail, () => {
      throw new Error('still broken')
    })
    await app.start()
    const redrive = await app.redrive({ all: true }, { canary: 2 })
    const stopped = await redrive.wait({ timeout: '20s' })
    expect(stopped).toMatchObject({ state: 'stopped', done: 2 })
    expect(stopped.note).toMatch(/^\d of 2 canaries ended dead: still broken$/)
    await redrive.resume()
    expect(await redrive.wait({ timeout: '20s' })).toMatchObject({ state: 'done', done: 10 })
  })

  test('an edit changes each payload; one that does not fit its schema stays dead and is counted', async () => {
    const app = open(make)
    const ids = await bury(await app.store(), 5)
    const redrive = await app.redrive(
      { task: mail },
      { edit: (input, { id }) => ({ to: id === 'dead-3' ? (7 as never) : `${input.to}@example.com` }) },
    )
    expect(await redrive.wait({ timeout: '20s' })).toMatchObject({ state: 'done', done: 4, failed: 1 })
    expect(await states(app, ids)).toEqual(['ready', 'ready', 'ready', 'dead', 'ready'])
    const [job] = await (await app.store()).get(['dead-0'], { revisions: true })
    expect(job?.payload).toBe('{"to":"ada@example.com"}')
    expect(job?.revisions).toMatchObject([{ by: 'application', payload: '{"to":"ada"}' }])
  })

  test('a filter that nothing fits writes nothing, and a dry run only counts', async () => {
    const app = open(make)
    const ids = await bury(await app.store(), 12)
    expect(await app.redrive({ error: 'nothing like that' }, { dryRun: true })).toEqual({
      total: 0,
      sample: [],
    })
    const none = await app.redrive({ fingerprint: 'never' })
    expect(await none.wait()).toMatchObject({
      state: 'done',
      total: 0,
      note: 'no dead letter fits the filter',
    })
    expect(await app.purge({ ids }, { dryRun: true })).toEqual({ total: 12, sample: ids.slice(0, 10) })
    expect(await app.redrive({ all: true }, { dryRun: true, limit: 3 })).toMatchObject({ total: 3 })
    expect(await app.bulks()).toEqual([])
    expect(new Set(await states(app, ids))).toEqual(new Set(['dead']))
  })

  test('a purge removes what fits and nothing else', async () => {
    const app = open(make)
    const ids = await bury(await app.store(), 3)
    const others = await bury(await app.store(), 1, { name: 'other', queue: 'second' })
    const purge = await app.purge({ queue: 'default' })
    expect(await purge.wait({ timeout: '20s' })).toMatchObject({ state: 'done', done: 3 })
    expect(await states(app, [...ids, ...others])).toEqual([undefined, undefined, undefined, 'dead'])
  })

  test('a stopped redrive stays where it is until it is resumed', async () => {
    const app = open(make)
    await bury(await app.store(), 30)
    const redrive = await app.redrive({ all: true }, { rate: '20/s' })
    const stopped = await redrive.stop('lunch')
    expect(stopped).toMatchObject({ state: 'stopped', note: 'lunch' })
    const { done } = await redrive.progress()
    expect(done).toBe(stopped.done)
    expect(done).toBeLessThan(30)
    await app.bulk(redrive.id).resume()
    expect(await redrive.stop()).toMatchObject({ state: 'stopped' })
    await expect(app.bulk('never').progress()).rejects.toMatchObject({ code: 'LW2312' })
  })

  test('an edit of one job is checked by its task, keeps what was before, and is refused while it runs', async () => {
    const app = open(make)
    const [id = ''] = await bury(await app.store(), 1)
    expect(await app.edit(id, (input) => ({ ...input, to: 'grace' }), { task: mail, reason: 'typo' })).toBe(
      'done',
    )
    const [job] = await (await app.store()).get([id], { revisions: true })
    expect(job).toMatchObject({ state: 'dead', payload: '{"to":"grace"}' })
    expect(job?.revisions).toMatchObject([{ by: 'application', reason: 'typo', payload: '{"to":"ada"}' }])
    const bad = app.edit(id, () => ({ to: 7 as never }), { task: mail })
    await expect(bad).rejects.toMatchObject({ code: 'LW1102' })
    const nothing = app.edit(id, () => undefined as never, { task: mail })
    await expect(nothing).rejects.toMatchObject({ code: 'LW1201' })
    await expect(app.edit(id, (input) => input)).rejects.toMatchObject({ code: 'LW1101' })
    await expect(app.edit('never', (input) => input)).rejects.toMatchObject({ code: 'LW2301' })
    const worker = 'w'
    const store = await app.store()
    const about = {
      host: 'h',
      pid: 1,
      version: '0',
      queues: ['default'],
      tasks: ['mail'],
      concurrency: 1,
    }
    await store.beat({ worker, ttlMs: 60_000, about })
    await app.retry(id)
    await store.claim({
      worker,
      call: 1,
      received: 0,
      limit: 1,
      queues: [{ name: 'default', limit: 1 }],
      tasks: [{ name: 'mail', version: 1 }],
    })
    await expect(app.edit(id, (input) => input, { task: mail })).rejects.toMatchObject({ code: 'LW2302' })
  })
})

const bad: readonly (readonly [DeadLetters, RedriveOptions, RegExp])[] = [
  [{}, {}, /filter: got \{\}, expected at least one of task, .*; or all: true/],
  [{ tsak: 'x' } as never, {}, /"tsak".*did you mean task/],
  [{ all: 'yes' as never }, {}, /all: got "yes"/],
  [{ task: 'no spaces' }, {}, /task: got "no spaces"/],
  [{ error: '' }, {}, /error: got ""/],
  [{ error: 'half \ud800' }, {}, /error: got .*half pairs/],
  [{ since: 'yesterday' as never }, {}, /since: got "yesterday"/],
  [{ since: new Date('x') }, {}, /since: got an invalid Date/],
  [{ ids: 'dead-1' as never }, {}, /ids: got "dead-1"/],
  [{ all: true }, { rate: 'fast' as never }, /rate: got "fast", expected a rate such as '50\/s'/],
  [{ all: true }, { rate: 0 }, /rate: got 0/],
  [{ all: true }, { rate: '5/d' as never }, /rate: got "5\/d"/],
  [{ all: true }, { canary: 10, limit: 5 }, /canary: got 10, expected at most the limit, 5/],
  [{ all: true }, { limit: 0 }, /limit: got 0/],
  [{ all: true }, { to: 'no spaces' }, /to: got "no spaces"/],
  [{ all: true }, { edit: 'x' as never }, /edit: got "x"/],
  [{ all: true }, { rat: '5/s' } as never, /"rat".*did you mean rate/],
]

test.each(bad)('redrive(%j, %j) is refused before anything is written', async (filter, options, says) => {
  const app = open(() => memory())
  await bury(await app.store(), 1)
  const refused = await app.redrive(filter, options).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(refused).toBeInstanceOf(InvalidOption)
  expect((refused as LegworkError).message).toMatch(says)
  expect(await app.bulks()).toEqual([])
})

test('the rate is kept, and another process goes on with what its own has left', async () => {
  const clock = virtualClock()
  const store = { ...memory({ clock }), close: async () => {} }
  const pace = { pollMs: 3_600_000, tendMs: 1_000 }
  const first = legwork({ store, clock, log: silent, pace })
  const ids = await bury(await first.store(), 30)
  await (await first.redrive({ all: true }, { rate: '1/s' })).progress()
  for (let s = 0; s < 9; s++) await clock.advance(1_000)
  const done = async () => (await states(first, ids)).filter((state) => state !== 'dead').length
  expect(await done()).toBeGreaterThanOrEqual(9)
  expect(await done()).toBeLessThanOrEqual(11)
  const second = legwork({ store, clock, log: silent, pace })
  second.handle(mail, () => {})
  await second.start({ lease: '1h', beat: '20m' })
  await first.stop()
  const [bulk] = await store.bulk.list()
  for (let s = 0; s < 60; s++) await clock.advance(1_000)
  expect((await store.bulk.list([String(bulk?.id)]))[0]).toMatchObject({
    state: 'done',
    done: 30,
    skipped: 0,
  })
  const stopping = second.stop()
  await clock.advance(60_000)
  await stopping
})

test('an operation with an edit is stopped with its process, and resumed with the code', async () => {
  const store = { ...memory(), close: async () => {} }
  const first = legwork({ store, log: silent })
  await bury(await first.store(), 30)
  const edit = (input: { to: string }) => ({ to: `${input.to}!` })
  const { id } = await first.redrive({ task: mail }, { rate: '5/s', edit })
  await first.stop()
  const second = legwork({ store, log: silent })
  onTestFinished(() => second.stop())
  second.handle(mail, () => {})
  const bulk = second.bulk(id)
  expect(await bulk.progress()).toMatchObject({ state: 'stopped', needsCode: true })
  await expect(bulk.resume()).rejects.toMatchObject({ code: 'LW2311' })
  expect(await bulk.resume({ edit })).toMatchObject({ state: 'running' })
})

test('an edit of an encrypted payload opens it, and seals what comes of it', async () => {
  const secret = task('secret', {
    input: z.object({ to: z.string() }),
    encrypt: ['to'],
    retry: { attempts: 1 },
  })
  const keys = { active: 'k1', k1: Buffer.alloc(32, 7).toString('base64') }
  const app = legwork({ store: memory(), log: silent, keys, pace: { pollMs: 20, tendMs: 50 } })
  onTestFinished(() => app.stop({ grace: 0 }))
  const heard: string[] = []
  app.handle(secret, ({ input }) => void heard.push(input.to))
  const job = await app.enqueue(secret, { to: 'ada' }, { delay: '1h' })
  expect(await app.edit(job.id, (input: { to: string }) => ({ to: `${input.to} lovelace` }))).toBe('done')
  const store = await app.store()
  const [stored] = await store.get([job.id], { revisions: true })
  expect(JSON.stringify(stored)).not.toMatch(/ada|lovelace/)
  await store.act({ verb: 'promote', ids: [job.id], by: 'test' })
  await app.start()
  await job.result({ timeout: '10s' })
  expect(heard).toEqual(['ada lovelace'])
})

// Handlers in threads and processes of their own: what they are given, what becomes of what they throw, and of their deaths.
import { legwork, type Isolate, isolated, type Job, task, unchecked } from 'legwork'
import { memory } from 'legwork/memory'
import { describe, expect, onTestFinished, test } from 'vitest'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const module = (name: string) => new URL(`./fixtures/isolates/${name}`, import.meta.url)
const input = unchecked<{ how: string }>()

interface Asked {
  readonly isolate: Isolate
  readonly file?: string
  readonly options?: Omit<Parameters<typeof task>[1], 'input' | 'output' | 'progress'>
}

/** A worker of one isolated task on a store in memory. */
async function stage({ isolate, file = 'work.ts', options = {} }: Asked) {
  const store = memory()
  const app = legwork({ store, log: silent })
  const work = task('work', { ...options, input, isolate })
  app.handle(work, isolated(module(file)))
  onTestFinished(() => app.stop({ grace: 0 }))
  await app.start({ abortGrace: '300ms', concurrency: 4 })
  const see = async (id: string) => (await store.get([id], { attempts: true, logs: true }))[0] as Job
  const ended = async (how: string) => {
    const job = await app.enqueue(work, { how })
    await job.result({ timeout: '60s' }).catch(() => undefined)
    return see(job.id)
  }
  return { app, work, ended, see, run: (how: string) => app.run(work, { how }, { timeout: '60s' }) }
}

for (const isolate of ['thread', 'process'] as const) {
  describe(isolate, () => {
    test('a handler is given what it would have inline, and its result, log and progress come back', async () => {
      const { ended, run } = await stage({ isolate })
      const job = await ended('well')
      const result = JSON.parse(job.result ?? '')
      expect(result).toMatchObject({ runs: 1, attempt: 1 })
      expect(result.pid === process.pid).toBe(isolate === 'thread')
      expect(job.logs).toMatchObject([{ message: 'run 1 of work', data: '{"attempt":1}' }])
      expect(job.progress).toMatchObject({ percent: 50, note: 'half' })
      // The isolate is used again.
      expect(await run('well')).toMatchObject({ runs: 2, pid: result.pid })
    })

    test('what it throws means what it means inline', async () => {
      const { ended, run } = await stage({ isolate, options: { retry: { attempts: 1 } } })
      const failed = await ended('fail')
      expect(failed).toMatchObject({ state: 'dead', reason: 'exhausted', failures: 1 })
      expect(failed.error).toMatchObject({ name: 'TypeError', message: 'broken pipe' })
      expect(failed.error?.stack).toMatch(/work\.ts:\d+/)
      expect(failed.error?.stack).toContain('caused by: Error: cable')
      expect(await ended('dead')).toMatchObject({ state: 'dead', reason: 'discarded', failures: 0 })
      expect(await run('snooze')).toBe('later')
      expect(await run('retry-in')).toBe('again')
      expect((await ended('commit')).error?.message).toMatch(/^LW1245 /)
      expect((await ended('string')).error?.message).toBe('just a text')
      expect((await ended('function')).error?.message).toContain('could not be cloned')
    })

    test('retry.when sees the fields of what was thrown', async () => {
      const seen: unknown[] = []
      const when = (error: unknown) => {
        seen.push((error as { status?: unknown }).status)
        return false
      }
      const { ended } = await stage({ isolate, options: { retry: { when } } })
      expect(await ended('fail')).toMatchObject({ state: 'dead', reason: 'discarded' })
      expect(seen).toEqual([503])
    })

    test('process.exit is a loss of that job alone: others never notice, and after three it is poison', async () => {
      const { app, work, ended, see } = await stage({ isolate })
      const other = await app.enqueue(work, { how: 'polite' })
      const job = await ended('exit')
      expect(job).toMatchObject({ state: 'dead', reason: 'poison', losses: 3, failures: 0, attempt: 3 })
      expect(job.attempts?.map(({ outcome }) => outcome)).toEqual(['lapse', 'lapse', 'bury'])
      expect(job.attempts?.[0]?.error).toMatchObject({ name: 'IsolateLost', code: 'LW2010' })
      expect(job.attempts?.[0]?.error?.message).toContain('exit code 3')
      expect(await see(other.id)).toMatchObject({ state: 'running', attempt: 1, losses: 0 })
      expect(await app.run(work, { how: 'well' })).toMatchObject({ attempt: 1 })
    })

    test('a handler that eats memory ends its isolate and nothing else', async () => {
      const { ended, run } = await stage({
        isolate: { in: isolate, memory: '32mb' },
        options: { onCrash: 'dead' },
      })
      const job = await ended('eat')
      expect(job).toMatchObject({ state: 'dead', reason: 'crashed', losses: 1 })
      expect(job.error?.message).toMatch(/out of memory|over its limit/)
      expect(await run('well')).toMatchObject({ runs: 1 })
    })

    test('a deaf handler is really gone after the grace, and its slot is free', async () => {
      const { app, ended, run } = await stage({
        isolate,
        options: { timeout: '2s', retry: { attempts: 1 } },
      })
      const job = await ended('deaf')
      expect(job).toMatchObject({ state: 'dead', reason: 'exhausted', error: { code: 'LW2004' } })
      expect(await run('well')).toMatchObject({ runs: 1 })
      expect(app.workerId).toBeDefined()
    })

    test('a module that loads for longer than a job may run takes nothing of its time', async () => {
      const { run } = await stage({ isolate, file: 'slow.mjs', options: { timeout: '1s' } })
      expect(await run('well')).toBe('ran')
    })

    test('an abort reaches the handler as its class', async () => {
      const { app, work, see } = await stage({ isolate })
      const job = await app.enqueue(work, { how: 'polite' })
      for await (const event of job.events()) if (event.type === 'started') break
      expect(await job.cancel('enough')).toBe('asked')
      await job.result({ timeout: '10s' }).catch(() => undefined)
      expect(await see(job.id)).toMatchObject({ state: 'cancelled', reason: 'enough' })
    })

    test('a checkpoint survives the death of the isolate', async () => {
      const { run } = await stage({ isolate })
      expect(await run('checkpoint')).toEqual({ at: 7 })
    })

    test('a new isolate after so many jobs', async () => {
      const { run } = await stage({ isolate: { in: isolate, jobs: 2 } })
      const runs = [await run('well'), await run('well'), await run('well')] as { runs: number }[]
      expect(runs.map((one) => one.runs)).toEqual([1, 2, 1])
    })

    test('a module that cannot be loaded fails its jobs with the file and the cause; others go on', async () => {
      const { app, ended } = await stage({ isolate, file: 'broken.mjs', options: { retry: { attempts: 1 } } })
      const job = await ended('well')
      expect(job).toMatchObject({ state: 'dead', reason: 'exhausted', error: { code: 'LW2011' } })
      expect(job.error?.message).toMatch(/work could not be started from .*broken\.mjs: .*no configuration/)
      expect(app.workerId).toBeDefined()
      const missing = await stage({ isolate, file: 'nowhere.mjs', options: { retry: { attempts: 1 } } })
      expect((await missing.ended('well')).error?.message).toMatch(/nowhere\.mjs/)
    })
  })
}

test('a process that takes memory outside of the heap is ended too', async () => {
  const { ended } = await stage({ isolate: { in: 'process', memory: '32mb' }, options: { onCrash: 'dead' } })
  const job = await ended('buffers')
  expect(job).toMatchObject({ state: 'dead', reason: 'crashed' })
  expect(job.error?.message).toMatch(/it used \d+ MB, over its limit of 32 MB/)
})

test('isolates that die all the time are not started all the time: jobs wait, and no attempt is spent on it', async () => {
  const { app, work, see } = await stage({ isolate: 'thread', file: 'broken.mjs' })
  const jobs = await app.enqueueMany(
    work,
    Array.from({ length: 30 }, () => ({ how: 'well' })),
  )
  const waits = async () => {
    const found = await Promise.all(jobs.map(({ id }) => see(id)))
    return found.filter(({ error, snoozes }) => snoozes > 0 && error?.message.includes('in a row')).length
  }
  while ((await waits()) < 20) await new Promise((resolve) => setTimeout(resolve, 20))
  const failures = (await Promise.all(jobs.map(({ id }) => see(id)))).reduce(
    (sum, one) => sum + one.failures,
    0,
  )
  expect(failures).toBeLessThan(12)
})

test('an isolated task wants an isolated handler, and options are checked before anything runs', () => {
  const app = legwork({ store: memory(), log: silent })
  const work = task('work', { isolate: 'process' })
  expect(() => app.handle(work, () => {})).toThrow(/LW1201 .*isolated\(new URL/)
  expect(() => isolated('./work.js')).toThrow(/LW1201 isolated/)
  expect(() => task('w', { isolate: 'procces' as never })).toThrow(/LW1201 .*thread or process/)
  expect(() => task('w', { isolate: { in: 'thread', memory: '1mb' } })).toThrow(/LW1201 .*memory/)
  expect(() => task('w', { isolate: { in: 'thread', memroy: 1 } as never })).toThrow(/did you mean memory/)
})

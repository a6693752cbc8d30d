// Must hold with real processes: what happens when a worker dies, freezes, or its event loop is blocked.
import { expect, test } from 'vitest'
import { freeze, house, story } from './house.ts'

const started = (message: { started?: string }) => message.started !== undefined

test('SIGKILL with 50 jobs running: with defaults all run again within 20 s, with a loss and no failure', async () => {
  await using h = house()
  const victim = await h.worker('hold', { concurrency: 50 })
  const jobs = await h.app.enqueueMany(
    story,
    Array.from({ length: 50 }, () => ({})),
  )
  await victim.untilCount(started, 50, 'all 50 jobs to run')
  const heir = await h.worker('quick', { concurrency: 50 })
  const killedAt = Date.now()
  victim.child.kill('SIGKILL')
  await heir.untilCount(started, 50, 'all 50 jobs to run again')
  // A bound on the meaning, not on the machine: the lease of 15 s and one look at it.
  expect(Date.now() - killedAt).toBeLessThan(20_000)
  await Promise.all(jobs.map((job) => job.result({ timeout: '30s' })))
  const store = await h.app.store()
  for (const job of await store.get(
    jobs.map(({ id }) => id),
    { attempts: true },
  )) {
    expect(job).toMatchObject({ state: 'completed', attempt: 2, losses: 1, failures: 0, fence: 3 })
    expect(job?.attempts?.map(({ outcome }) => outcome)).toEqual(['lapse', 'complete'])
    expect(job?.attempts?.[0]?.error).toMatchObject({ name: 'WorkerLost', code: 'LW2009' })
  }
})

test('a worker frozen past its lease and continued changes nothing, and says so', async () => {
  await using h = house()
  const frozen = await h.worker('hold', { concurrency: 5, lease: '2s', beat: '300ms' })
  const job = await h.app.enqueue(story, {})
  await frozen.until(started, 'the job to run')
  await freeze(frozen, h.file)
  const heir = await h.worker('quick', { lease: '2s', beat: '300ms' })
  await heir.until(started, 'another worker to run the job')
  const result = await job.result({ timeout: '20s' })
  expect(result).toBe(`${heir.child.pid} did attempt 2`)
  frozen.child.kill('SIGCONT')
  await frozen.until(
    ({ warn }) => warn?.includes('LW2005') ?? false,
    'the worker to say that it lost its lease',
  )
  await frozen.until(
    ({ aborted, reason }) => aborted === job.id && reason === 'LeaseLost',
    'its handler to hear it',
  )
  // Only now the old run ends, with a result of its own that nobody may ever see.
  frozen.child.send({ go: 'on' })
  await frozen.untilCount(({ worker }) => worker !== undefined, 2, 'it to register anew')
  const names = frozen.told.flatMap(({ worker }) => worker ?? [])
  expect(new Set(names).size).toBe(names.length)
  const status = { state: 'completed', output: result, attempt: 2, losses: 1, failures: 0 }
  expect(await job.status()).toMatchObject(status)
})

test('a result that was ready when the worker froze is refused when it goes on, and that is said', async () => {
  await using h = house()
  const frozen = await h.worker('hold', { lease: '2s', beat: '300ms' })
  const job = await h.app.enqueue(story, {})
  await frozen.until(started, 'the job to run')
  await freeze(frozen, h.file)
  // Read by the frozen process when it goes on, before or after it hears of its lease: nothing may come of it.
  frozen.child.send({ go: 'on' })
  const heir = await h.worker('quick', { lease: '2s', beat: '300ms' })
  const result = await job.result({ timeout: '20s' })
  frozen.child.kill('SIGCONT')
  await frozen.until(
    ({ warn }) => warn?.includes('LW2005') ?? false,
    'the worker to say that it lost its lease',
  )
  await frozen.untilCount(({ worker }) => worker !== undefined, 2, 'it to register anew')
  expect(result).toBe(`${heir.child.pid} did attempt 2`)
  expect(await job.status()).toMatchObject({ output: result, attempt: 2, losses: 1, failures: 0 })
})

test('a frozen worker that nobody replaced settles nothing after its lease', async () => {
  await using h = house()
  const frozen = await h.worker('hold', { lease: '1500ms', beat: '300ms' })
  const job = await h.app.enqueue(story, {})
  await frozen.until(started, 'the job to run')
  await freeze(frozen, h.file)
  const store = await h.app.store()
  const lapsed = async () => ((await store.workers())[0]?.leaseEndsAt ?? 0) < Date.now()
  while (!(await lapsed())) await new Promise((resolve) => setTimeout(resolve, 50))
  frozen.child.send({ go: 'on' })
  frozen.child.kill('SIGCONT')
  // It comes back under a new name, takes its own job again as a second attempt, and only that counts.
  expect(await job.result({ timeout: '20s' })).toBe(`${frozen.child.pid} did attempt 2`)
  expect(await job.status()).toMatchObject({ attempt: 2, losses: 1, failures: 0 })
})

test('a busy loop of two lease lengths keeps its lease', async () => {
  await using h = house()
  const busy = await h.worker('block', { lease: '1500ms', beat: '300ms' })
  const idle = await h.worker('quick', { lease: '1500ms', beat: '300ms', concurrency: 1 })
  await h.app.pause('default', 'until both are there')
  const job = await h.app.enqueue(story, { blockMs: 3_000 })
  await freeze(idle, h.file)
  await h.app.resume('default')
  await busy.until(started, 'the job to run')
  idle.child.kill('SIGCONT')
  expect(await job.result({ timeout: '20s' })).toBe('blocked and done')
  expect(await job.status()).toMatchObject({ attempt: 1, losses: 0, failures: 0 })
})

// The shutdown ladder: finish, then abort, then release; a second signal hurries; the exit code is 0.
import { legwork } from 'legwork'
import { expect, test } from 'vitest'
import { house, story } from './house.ts'

const started = (message: { started?: string }) => message.started !== undefined

test('SIGTERM lets a running job end, and claims no other', async () => {
  await using h = house()
  const worker = await h.worker('hold', { concurrency: 1 })
  const [first, second] = await h.app.enqueueMany(story, [{}, {}])
  await worker.until(started, 'the first job to run')
  worker.child.kill('SIGTERM')
  // The signal and the message come by different ways; the job must not end before the signal was heard.
  await worker.until(({ heard }) => heard === 1, 'the signal to be heard')
  worker.child.send({ go: 'on' })
  expect(await worker.exit).toMatchObject({ code: 0 })
  expect(await first?.status()).toMatchObject({ state: 'completed', output: 'held and done', attempt: 1 })
  expect(await second?.status()).toMatchObject({ state: 'ready', attempt: 0 })
  expect(worker.told.filter(started)).toHaveLength(1)
})

test('after the grace a running job is aborted and released: no failure, no loss, and another worker has it at once', async () => {
  await using h = house()
  const worker = await h.worker('polite', { grace: '100ms' })
  const job = await h.app.enqueue(story, {})
  await worker.until(started, 'the job to run')
  worker.child.kill('SIGTERM')
  await worker.until(
    ({ aborted, reason }) => aborted === job.id && reason === 'ShuttingDown',
    'its handler to hear it',
  )
  expect(await worker.exit).toMatchObject({ code: 0 })
  expect(await job.status()).toMatchObject({ state: 'ready', attempt: 1, failures: 0, losses: 0 })
  const heir = await h.worker('quick')
  expect(await job.result({ timeout: '10s' })).toBe(`${heir.child.pid} did attempt 2`)
  const [record] = await (await h.app.store()).get([job.id], { attempts: true })
  expect(record).toMatchObject({ releases: 1, failures: 0, losses: 0 })
  expect(record?.attempts?.map(({ outcome }) => outcome)).toEqual(['release', 'complete'])
})

test('a handler that ignores its signal is released all the same', async () => {
  await using h = house()
  const worker = await h.worker('stubborn', { grace: '50ms', abortGrace: '100ms' })
  const job = await h.app.enqueue(story, {})
  await worker.until(started, 'the job to run')
  worker.child.kill('SIGTERM')
  await worker.until(({ stopped }) => stopped === true, 'the worker to stop')
  expect(await job.status()).toMatchObject({ state: 'ready', failures: 0, losses: 0 })
})

test('a second SIGTERM cuts the grace short', async () => {
  await using h = house()
  const worker = await h.worker('polite', { grace: '10m' })
  const job = await h.app.enqueue(story, {})
  await worker.until(started, 'the job to run')
  const store = await h.app.store()
  worker.child.kill('SIGTERM')
  // Two signals in one breath can arrive as one, so the first must have been heard.
  await worker.until(({ heard }) => heard === 1, 'the first signal to be heard')
  worker.child.kill('SIGTERM')
  expect(await worker.exit).toMatchObject({ code: 0 })
  expect(await job.status()).toMatchObject({ state: 'ready', failures: 0 })
  expect(await store.workers()).toEqual([])
})

test('a job cancelled from another process is asked to stop where it runs', async () => {
  await using h = house()
  const worker = await h.worker('polite')
  const job = await h.app.enqueue(story, {})
  await worker.until(started, 'the job to run')
  expect(await job.cancel('changed my mind')).toBe('asked')
  await worker.until(
    ({ aborted, reason }) => aborted === job.id && reason === 'Cancelled',
    'its handler to hear it',
  )
  await expect(job.result({ timeout: '10s' })).rejects.toMatchObject({ code: 'LW2202' })
  expect(await job.status()).toMatchObject({ state: 'cancelled', reason: 'changed my mind', failures: 0 })
})

test('stopping amid quick jobs gives back what was claimed ahead: nothing is refused, nothing is left running', async () => {
  await using h = house()
  const warnings: string[] = []
  const note = (_: object, message: string) => void warnings.push(message)
  let runs = 0
  const app = legwork({ store: h.file, log: { debug() {}, info() {}, warn: note, error: note } })
  app.handle(story, () => `${(runs += 1)}`)
  await app.enqueueMany(
    story,
    Array.from({ length: 3_000 }, () => ({})),
  )
  await app.start({ concurrency: 1 })
  while (runs < 500) await new Promise((resolve) => setImmediate(resolve))
  await app.stop()
  expect(warnings).toEqual([])
  const [count] = await (await h.app.store()).counts()
  expect(count?.states).toMatchObject({ running: 0, completed: runs, ready: 3_000 - runs })
})

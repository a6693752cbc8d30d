// Who is to blame for a loss: workers that are ended from outside, and jobs that were claimed ahead of a crash.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { legwork, task, unchecked } from 'legwork'
import type { Job, Store } from 'legwork/store'
import { expect, onTestFinished, test } from 'vitest'
import { folder, start } from '../cli-kit.ts'

const deaf = task('deaf', { input: unchecked<object>() })
const once = task('once', { input: unchecked<{ n: number }>(), onCrash: 'dead' })

async function place() {
  const cwd = folder({})
  copyFileSync('test/life/fixtures/blame-jobs.mjs', join(cwd, 'jobs.mjs'))
  const app = legwork(join(cwd, 'jobs.db'))
  onTestFinished(() => app.stop())
  const store = await app.store()
  const worker = (...args: string[]) =>
    start(['worker', 'jobs.mjs', '--url', 'jobs.db', '--concurrency', '1', ...args], { cwd })
  return { app, store, worker }
}

/** Makes a job a suspect: two workers that held it were lost. */
async function suspectOf(store: Store, id: string): Promise<void> {
  for (const worker of [`${id}-a`, `${id}-b`]) {
    const about = { host: 'h', pid: 1, version: '1', queues: ['default'], tasks: ['deaf'], concurrency: 1 }
    await store.beat({ worker, ttlMs: 60_000, about })
    const queues = [{ name: 'default', limit: 1 }]
    const { jobs } = await store.claim({ worker, call: 1, received: 0, limit: 1, queues })
    expect(jobs.map((job) => job.id)).toEqual([id])
    await store.lapse([worker], 'died')
  }
}

async function until(store: Store, id: string, holds: (job: Job) => boolean): Promise<Job> {
  for (;;) {
    const [job] = await store.get([id], { attempts: true })
    if (job && holds(job)) return job
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

const hasBegun = ({ state, progress }: Job) => state === 'running' && progress?.note === 'began'

test('a suspect that runs alone is not convicted when its worker was told to stop and is then killed; a crash convicts it', async () => {
  const { app, store, worker } = await place()
  const { id } = await app.enqueue(deaf, {})
  await suspectOf(store, id)

  // As a container's runtime does it: SIGTERM, and SIGKILL when it takes too long.
  const alone = worker('--lease', '1s')
  await until(store, id, hasBegun)
  alone.child.kill('SIGTERM')
  await expect.poll(async () => (await store.workers()).map(({ ending }) => ending)).toEqual([true])
  alone.child.kill('SIGKILL')
  await alone.ended

  // A supervisor that is told three times kills its processes.
  const crew = worker('--processes', '1')
  const running = await until(store, id, (job) => hasBegun(job) && job.attempt === 4)
  expect([running.suspect, running.losses]).toEqual([true, 2])
  for (const word of ['Stopping', 'Hurrying', 'Killing']) {
    crew.child.kill('SIGTERM')
    await crew.line(new RegExp(word), 'err')
  }
  await crew.ended
  const left = await until(store, id, ({ state }) => state === 'ready')
  expect([left.suspect, left.losses, left.attempts?.map(({ outcome }) => outcome)]).toEqual([
    true,
    2,
    ['lapse', 'lapse', 'lapse', 'lapse'],
  ])

  const last = worker('--processes', '1')
  await until(store, id, hasBegun)
  const [holder] = await store.workers()
  process.kill(holder?.pid ?? 0, 'SIGKILL')
  const dead = await until(store, id, ({ state }) => state === 'dead')
  expect([dead.reason, dead.losses]).toEqual(['poison', 3])
  last.child.kill('SIGTERM')
  await last.ended
}, 60_000)

test('onCrash dead: what was claimed ahead when the process died runs again, and what had begun is dead', async () => {
  const { app, store, worker } = await place()
  const jobs = await app.enqueueMany(
    once,
    Array.from({ length: 60 }, (_, n) => ({ n })),
  )
  const crew = worker('--processes', '1')
  const last = jobs.at(-1)?.id ?? ''
  await until(store, last, ({ state }) => state === 'completed')
  const found = await store.get(
    jobs.map(({ id }) => id),
    { attempts: true },
  )
  const dead = found.filter((job) => job?.state === 'dead')
  expect(dead.map((job) => job?.reason)).toEqual(dead.map(() => 'crashed'))
  expect(dead.map((job) => job?.id)).toContain(jobs[20]?.id)
  // One that ended just before may not have been settled: it had begun, and nobody knows how it ended.
  const others = dead.filter((job) => job?.id !== jobs[20]?.id)
  for (const job of others) expect(jobs.findIndex(({ id }) => id === job?.id)).toBeLessThan(20)
  expect(others.length).toBeLessThanOrEqual(1)
  expect(found.filter((job) => job?.state === 'completed')).toHaveLength(60 - dead.length)
  const ahead = found.filter((job) => (job?.attempts?.length ?? 0) > 1)
  expect(ahead.length, 'jobs that had been claimed ahead of the crash').toBeGreaterThan(0)
  for (const job of ahead)
    expect([job?.losses, job?.attempts?.[0]]).toMatchObject([
      0,
      { outcome: 'lapse', error: { message: expect.stringContaining('had not begun') } },
    ])
  crew.child.kill('SIGTERM')
  await crew.ended
}, 60_000)

// `legwork worker --processes N`: what becomes of jobs and processes when processes die, and how a crew ends.
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { type App, legwork, task } from 'legwork'
import { expect, onTestFinished, test } from 'vitest'
import { againAfterMs, Crew, type CrewEvent } from '../src/cli/crew.ts'
import { cli, folder, type Running, start } from './cli-kit.ts'

const jobsFile = `
import { legwork, task } from 'legwork'
const untilAborted = (signal) => new Promise((_, lost) => signal.addEventListener('abort', () => lost(signal.reason)))
export default legwork('./elsewhere.db')
  .handle(task('waits'), ({ signal, attempt }) => attempt > 1 ? 'again' : untilAborted(signal))
  .handle(task('waits-always'), ({ signal }) => untilAborted(signal))
  .handle(task('exits'), ({ attempt }) => attempt > 1 ? 'again' : process.exit(3))
`
const waits = task('waits')
const waitsAlways = task('waits-always')
const exits = task('exits')

interface Stage {
  readonly cwd: string
  readonly app: App
  readonly crew: Running
}

/** A crew that is ready, and a producer in this process on the same store. */
async function stage(...more: string[]): Promise<Stage> {
  const cwd = folder({ 'jobs.mjs': jobsFile })
  const app = legwork(join(cwd, 'jobs.db'))
  onTestFinished(() => app.stop())
  const crew = start(['worker', 'jobs.mjs', '--url', 'jobs.db', ...more], { cwd })
  await crew.line(/supervisor .*ready/)
  return { cwd, app, crew }
}

async function untilStarted(app: App, id: string, attempt = 1): Promise<void> {
  for await (const event of app.job(id).events())
    if (event.type === 'started' && event.attempt === attempt) return
}

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a process killed with 50 jobs running: all run again on the other within a second, as a loss, not a failure', async () => {
  const { app, crew } = await stage('--processes', '2', '--concurrency', '200')
  const store = await app.store()
  const handles = await app.enqueueMany(
    waits,
    Array.from({ length: 100 }, () => undefined),
  )
  await Promise.all(handles.map(({ id }) => untilStarted(app, id)))
  // Of 100 jobs in two processes one holds 50 at least.
  const [victim] = [...(await store.workers())].sort((a, b) => b.running - a.running)
  const held = (await store.get(handles.map(({ id }) => id)))
    .filter((job) => job?.worker === victim?.id)
    .map((job) => job?.id ?? '')
  expect(held.length).toBeGreaterThanOrEqual(50)

  const killedAt = Date.now()
  process.kill(victim?.pid ?? 0, 'SIGKILL')
  const outputs = await Promise.all(held.map((id) => app.job(id).result()))
  expect(new Set(outputs)).toEqual(new Set(['again']))

  const jobs = await store.get(held, { attempts: true })
  const tookMs = jobs.map((job) => (job?.attempts?.[1]?.startedAt ?? Infinity) - killedAt)
  console.log(
    `${held.length} jobs ran again ${Math.min(...tookMs)} to ${Math.max(...tookMs)} ms after the kill`,
  )
  // About 50 ms on a quiet machine; far below the lease of 15 s on any.
  expect(Math.max(...tookMs)).toBeLessThan(5_000)
  for (const job of jobs) {
    expect(job).toMatchObject({ state: 'completed', attempt: 2, failures: 0, losses: 1 })
    expect(job?.attempts).toMatchObject([
      { outcome: 'lapse', worker: victim?.id, error: { name: 'WorkerLost' } },
      { outcome: 'complete' },
    ])
    expect(job?.attempts?.[0]?.error?.message).toContain('killed by SIGKILL')
  }
  // Jobs of the other process never noticed.
  const others = await store.get(handles.map(({ id }) => id).filter((id) => !held.includes(id)))
  for (const job of others) expect(job).toMatchObject({ state: 'running', attempt: 1, losses: 0 })
  expect(await crew.line(/killed by SIGKILL/)).toMatch(
    new RegExp(`pid ${victim?.pid}\\).*; ${held.length} jobs handed back; another takes its place`),
  )
})

test('a process that ends itself is replaced, and its exit code stands in the history', async () => {
  const { app } = await stage('--processes', '1', '--concurrency', '5')
  const job = await app.enqueue(exits)
  expect(await job.result()).toBe('again')
  const [found] = await (await app.store()).get([job.id], { attempts: true })
  expect(found).toMatchObject({ failures: 0, losses: 1 })
  expect(found?.attempts?.[0]?.error?.message).toContain('exit code 3')
})

test('SIGTERM is passed on: running jobs end, every process goes, exit 0', async () => {
  const { app, crew } = await stage('--processes', '2', '--concurrency', '5', '--grace', '1m')
  const store = await app.store()
  const pids = (await store.workers()).map(({ pid }) => pid)
  expect(pids.length).toBe(2)
  const job = await app.enqueue(waitsAlways)
  await untilStarted(app, job.id)
  crew.child.kill('SIGTERM')
  await crew.line(/Stopping/, 'err')
  await job.cancel('enough')
  expect(await crew.ended).toMatchObject({ code: 0, err: expect.stringMatching(/Stopped\.\n$/) })
  expect(await job.status()).toMatchObject({ state: 'cancelled', reason: 'enough', losses: 0 })
  expect([await store.workers(), pids.filter(alive)]).toEqual([[], []])
})

test('a second signal hurries: jobs are given back without a loss; exit 0', async () => {
  const { app, crew } = await stage('--processes', '2', '--grace', '1m')
  const job = await app.enqueue(waitsAlways)
  await untilStarted(app, job.id)
  crew.child.kill('SIGINT')
  await crew.line(/Stopping/, 'err')
  crew.child.kill('SIGINT')
  await crew.line(/Hurrying/, 'err')
  expect(await crew.ended).toMatchObject({ code: 0 })
  expect(await job.status()).toMatchObject({ state: 'ready', failures: 0, losses: 0 })
})

test('a third signal kills; the jobs are handed back all the same; exit 1', async () => {
  const { cwd, app, crew } = await stage('--processes', '1', '--grace', '1m')
  const job = await app.enqueue(waitsAlways)
  await untilStarted(app, job.id)
  const [worker] = await (await app.store()).workers()
  // A frozen process hears neither of the first two.
  process.kill(worker?.pid ?? 0, 'SIGSTOP')
  for (const text of [/Stopping/, /Hurrying/, /Killing/]) {
    crew.child.kill('SIGTERM')
    await crew.line(text, 'err')
  }
  expect(await crew.ended).toMatchObject({ code: 1 })
  // It was stopping, so nobody can blame the job.
  expect(await job.status()).toMatchObject({ state: 'ready', failures: 0, losses: 0 })
  expect((await cli(['workers', 'list', '--url', 'jobs.db'], { cwd })).err).toContain('No workers')
})

test('when the supervisor itself is killed its processes end gently', async () => {
  const { app, crew } = await stage('--processes', '2', '--grace', '1ms')
  const job = await app.enqueue(waitsAlways)
  await untilStarted(app, job.id)
  crew.child.kill('SIGKILL')
  // Its output closes when the last process that inherited it has gone.
  await crew.ended
  expect(await (await app.store()).workers()).toEqual([])
  expect(await job.status()).toMatchObject({ state: 'ready', losses: 0 })
})

test('what no process can start with is told once, and ends the crew with exit 2', async () => {
  const cwd = folder({ 'jobs.mjs': jobsFile })
  const { code, err } = await cli(
    ['worker', 'jobs.mjs', '--url', 'jobs.db', '--processes', '3', '--queues', 'defualt=2'],
    { cwd },
  )
  expect(code).toBe(2)
  expect(err.match(/^LW1201 .*did you mean default\?/gm)?.length).toBe(1)
  const memory = await cli(['worker', 'jobs.mjs', '--url', 'memory:', '--processes', '2'], { cwd })
  expect(memory.code).toBe(2)
  expect(memory.err).toContain('not shared between processes')
})

test('the wait before a process is replaced grows from nothing to 30 s', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 7, 50].map(againAfterMs)).toEqual([
    0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ])
})

test('a store that fails is asked again until it has taken the jobs back', async () => {
  const cwd = folder({
    'member.mjs': `process.send({ legwork: 'registered', worker: 'w' + process.pid }); process.send({ legwork: 'ready' }); process.on('message', () => process.exit(0))`,
  })
  const events: CrewEvent[] = []
  const asked: string[] = []
  const crew = new Crew({
    processes: 1,
    patienceMs: 10_000,
    fork: () => fork(join(cwd, 'member.mjs')),
    lapse: async ([worker = ''], cause) => {
      asked.push(`${worker} ${cause}`)
      if (asked.length < 3) throw new Error('disk full')
      return 7
    },
    tell: (event) => {
      events.push(event)
      if (event.event === 'member-ready' && asked.length === 0) process.kill(event.pid, 'SIGKILL')
      if (event.event === 'member-lost') crew.climb()
    },
  })
  expect(await crew.run()).toBe(0)
  expect(events.find(({ event }) => event === 'member-lost')).toMatchObject({
    handedBack: 7,
    cause: expect.stringContaining('killed by SIGKILL'),
  })
  expect(new Set(asked.slice(0, 3)).size).toBe(1)
  expect(events.filter(({ event }) => event === 'trouble').length).toBe(2)
})

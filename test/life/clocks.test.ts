// A worker or a producer whose clock is an hour off disturbs nobody: the server tells the time. Both directions, on each server.
import { existsSync } from 'node:fs'
import { type App, legwork, task, unchecked } from 'legwork'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../fixtures/postgres.mjs'
import { startRedis } from '../fixtures/redis-server.mjs'
import { type Proc, start } from './house.ts'

const second = 1_000
const libraries = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib64/faketime/libfaketime.so.1',
]
const shifted = (FAKETIME: string) => {
  const library = libraries.find((path) => existsSync(path))
  expect(library, 'libfaketime is installed: apt-get install libfaketime').toBeDefined()
  return { LD_PRELOAD: library as string, FAKETIME }
}
const work = task('work', {
  input: unchecked<{ readonly ms?: number; readonly fails?: number }>(),
  output: unchecked<string>(),
})

const servers = {
  Redis: async () => {
    const server = await startRedis()
    return { at: (name: string) => `${server.url}?prefix=${name}`, stop: () => server.stop() }
  },
  PostgreSQL: async () => {
    const server = await startPostgres()
    return { at: (name: string) => `${server.url}?schema=${name}`, stop: () => server.stop() }
  },
}

describe.concurrent.each(Object.keys(servers) as (keyof typeof servers)[])('%s', (name) => {
  let server: Awaited<ReturnType<(typeof servers)['Redis']>>
  const procs: Proc[] = []
  const apps: App[] = []
  beforeAll(async () => {
    server = await servers[name]()
  })
  afterAll(async () => {
    for (const { child } of procs) child.kill('SIGKILL')
    for (const app of apps) await app.stop()
    await server.stop()
  })

  test.each(['+1h', '-1h'])(
    'with a worker, a producer and a scheduler at %s all is done at its time',
    async (by) => {
      const url = server.at(by === '+1h' ? 'ahead' : 'behind')
      const app = legwork(url)
      apps.push(app)
      const begin = async (env: Readonly<Record<string, string>>) => {
        const proc = start(['test/life/fixtures/off.mjs', JSON.stringify({ url })], env)
        procs.push(proc)
        await proc.until(({ ready }) => ready === true, 'the worker to be ready')
        return proc
      }
      const off = await begin(shifted(by))
      const honest = await begin({})
      const from = Date.now()
      // Each holds jobs for more than twice its lease of three seconds, and nobody takes them away.
      const long = await app.enqueueMany(
        work,
        Array.from({ length: 8 }, () => ({ ms: 7_000 })),
      )
      // A delay is the store's, whoever asks for it; an instant is an instant.
      const delayed = await app.enqueue(work, {}, { delay: '2s' })
      const runAt = Date.now() + 2 * second
      const dated = await app.enqueue(work, {}, { runAt: new Date(runAt) })
      off.child.send({ enqueue: { id: 'from-off', delay: '2s' } })
      const failing = await app.enqueue(work, { fails: 1 })
      const ids = [delayed.id, dated.id, 'from-off']
      for (const id of ids) await app.job(id, work).result({ timeout: '15s' })
      for (const job of [...long, failing]) await job.result({ timeout: '15s' })
      const to = Date.now()
      const store = await app.store()
      for (const job of await store.get(ids, { attempts: true })) {
        const { createdAt = 0, attempts = [] } = job ?? {}
        const due = job?.id === dated.id ? runAt : createdAt + 2 * second
        const lateMs = (attempts[0]?.startedAt ?? 0) - due
        expect(lateMs, job?.id).toBeGreaterThanOrEqual(0)
        expect(lateMs, job?.id).toBeLessThan(5 * second)
        expect(Math.abs(createdAt - from), job?.id).toBeLessThan(60 * second)
      }
      const workers = new Set<string>()
      for (const job of await store.get(
        long.map(({ id }) => id),
        { attempts: true },
      )) {
        // A job that was claimed ahead may have been given back; none was taken away.
        expect(job).toMatchObject({ state: 'completed', losses: 0, failures: 0 })
        workers.add(job?.attempts?.at(-1)?.worker ?? '')
      }
      expect(workers.size, 'both had a part in it').toBe(2)
      // A retry waits its second, whoever failed.
      const [retried] = await store.get([failing.id], { attempts: true })
      const [first, next] = (retried?.attempts ?? []).filter(({ outcome }) => outcome !== 'release')
      expect((next?.startedAt ?? 0) - (first?.endedAt ?? Infinity)).toBeGreaterThanOrEqual(1_000)
      expect(retried).toMatchObject({ state: 'completed', failures: 1 })
      // Each second has its one slot, and no hour that has not come, or is gone, has any.
      const { jobs } = await store.find({ task: 'tick' }, { limit: 500 })
      const slots = jobs.map(({ schedule }) => schedule?.at ?? 0).sort((a, b) => a - b)
      const firstSlot = Math.ceil(from / second) * second
      const expected = Array.from(
        { length: Math.floor((to - second - firstSlot) / second) },
        (_, i) => firstSlot + i * second,
      )
      expect(slots.filter((at) => at >= firstSlot && at <= (expected.at(-1) ?? 0))).toEqual(expected)
      expect(slots.every((at) => at > from - 60 * second && at <= Date.now())).toBe(true)
      for (const { told, child } of [off, honest]) {
        expect(child.exitCode).toBeNull()
        expect(told.filter(({ warn }) => warn?.includes('LW2005'))).toEqual([])
      }
    },
  )
})

// A retry that goes to another process, with real ones: left by the one that failed, never stranded with it.
import { join } from 'node:path'
import { legwork, task } from 'legwork'
import { expect, onTestFinished, test } from 'vitest'
import { folder, start } from '../cli-kit.ts'

const code = `
  import { legwork, RetryIn, task } from 'legwork'
  export default legwork('./jobs.db').handle(task('call'), ({ attempt, job }) => {
    if (attempt === 1) throw new RetryIn('50ms', { elsewhere: true })
    return process.pid
  })
`

test('each of 40 retries goes to the other one of two processes; a process that is left alone takes its own', async () => {
  const cwd = folder({ 'jobs.mjs': code })
  const app = legwork(join(cwd, 'jobs.db'))
  onTestFinished(() => app.stop())
  const call = task<'call'>('call')
  const worker = () => start(['worker', 'jobs.mjs', '--url', 'jobs.db'], { cwd })
  const two = [worker(), worker()]
  await Promise.all(two.map(({ line }) => line(/worker ready/)))
  const store = await app.store()

  const jobs = await app.enqueueMany(
    call,
    Array.from({ length: 40 }, () => undefined),
  )
  await Promise.all(jobs.map((job) => job.result({ timeout: '20s' })))
  const found = await store.get(
    jobs.map(({ id }) => id),
    { attempts: true },
  )
  for (const job of found) {
    const [first, second] = job?.attempts ?? []
    expect(first?.ranOn, 'first attempt').toMatch(/:\d+$/)
    expect(second?.ranOn, 'second attempt').toMatch(/:\d+$/)
    expect(second?.ranOn).not.toBe(first?.ranOn)
  }

  const [one, other] = two
  other?.child.kill('SIGTERM')
  await other?.ended
  const alone = await app.enqueue(call)
  const startedAt = Date.now()
  expect(await alone.result({ timeout: '20s' })).toBe(one?.child.pid)
  expect(Date.now() - startedAt, 'it need not wait for anybody').toBeLessThan(5_000)
  one?.child.kill('SIGTERM')
  await one?.ended
}, 60_000)

// A job that eats memory until its process dies, among many that do nothing wrong, under the supervisor.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { legwork, task, unchecked } from 'legwork'
import { expect, onTestFinished, test } from 'vitest'
import { folder, start } from '../cli-kit.ts'

const dose = task('dose', { input: unchecked<{ ms: number; pill?: boolean; stays?: boolean }>() })
/** `LEGWORK_PILL_JOBS=10000` is the long form. */
const many = Number(process.env['LEGWORK_PILL_JOBS'] ?? 1_000)

test(`one out-of-memory pill among ${many} jobs at concurrency 50: dead after three crashes, no innocent is, all others complete`, async () => {
  const cwd = folder({})
  copyFileSync('test/life/fixtures/pill-jobs.mjs', join(cwd, 'jobs.mjs'))
  const app = legwork(join(cwd, 'jobs.db'))
  onTestFinished(() => app.stop())
  // A few stay as long as the pill takes, so that they are lost with it each time.
  const inputs = Array.from({ length: many }, (_, n) => ({
    ms: n % 40,
    ...(n < 8 && { stays: true }),
    ...(n === 8 && { pill: true }),
  }))
  const jobs = await app.enqueueMany(dose, inputs)
  const pill = jobs[8]?.id ?? ''
  const startedAt = Date.now()
  const crew = start(['worker', 'jobs.mjs', '--url', 'jobs.db', '--processes', '2', '--concurrency', '50'], {
    cwd,
    env: { NODE_OPTIONS: '--max-old-space-size=64' },
  })
  await crew.line(/supervisor .*ready/)
  await expect(app.job(pill).result({ timeout: '120s' })).rejects.toMatchObject({ code: 'LW2201' })
  const store = await app.store()
  const live = async () => {
    const [count] = await store.counts()
    const { ready = 0, running = 0, scheduled = 0 } = count?.states ?? {}
    return ready + running + scheduled
  }
  while ((await live()) > 0) await new Promise((resolve) => setTimeout(resolve, 50))

  const found = await store.get(
    jobs.map(({ id }) => id),
    { attempts: true },
  )
  const dead = found.filter((job) => job?.state === 'dead')
  expect(dead.map((job) => [job?.id, job?.reason])).toEqual([[pill, 'poison']])
  expect(found.filter((job) => job?.state === 'completed')).toHaveLength(many - 1)
  expect(dead[0]?.attempts).toHaveLength(3)
  for (const attempt of dead[0]?.attempts ?? [])
    expect(attempt).toMatchObject({
      outcome: 'lapse',
      error: { message: expect.stringMatching(/SIGABRT|134/) },
    })
  const innocent = Math.max(...found.filter((job) => job?.id !== pill).map((job) => job?.losses ?? 0))
  const lost = found.filter((job) => (job?.losses ?? 0) > 0).length
  console.log(
    `${many} jobs in ${Date.now() - startedAt} ms: 3 crashes, ${lost} jobs lost, an innocent ${innocent} times at most`,
  )
  expect(innocent).toBe(2)
  crew.child.kill('SIGTERM')
  await crew.ended
})

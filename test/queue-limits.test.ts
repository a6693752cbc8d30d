// Limits on what producers may hand in, as users set and meet them.
import { InvalidOption, legwork, QueueFull, task, unchecked } from 'legwork'
import { expect, test } from 'vitest'
import { engines, expectRefused, jobsIn, loosely, newApp, useFolder } from './refusal-kit.ts'

useFolder()
const mail = task('mail', { input: unchecked<number>(), queue: 'mails' })

test.each(engines)(
  'a full queue refuses with QueueFull, in bulk all or none, and lets known ids in (%s)',
  async (engine) => {
    await using app = newApp(engine)
    await app.limitQueue('mails', { maxWaiting: 3 })
    await app.enqueueMany(mail, [1, 2])
    const many = () => app.enqueueMany(mail, [3, 4])
    const refused = await expectRefused(many, {
      is: QueueFull,
      code: 'LW1212',
      says: /inputs\[1\].*not written/,
    })
    expect((refused as QueueFull).retryAfterMs).toBeGreaterThan(0)
    expect(await jobsIn(app)).toBe(2)
    const third = await app.enqueue(mail, 3, { id: 'third' })
    await expectRefused(() => app.enqueue(mail, 4), {
      is: QueueFull,
      code: 'LW1212',
      says: /3 jobs may wait/,
    })
    expect((await app.enqueue(mail, 3, { id: 'third' })).duplicate).toBe(true)
    await third.cancel()
    await app.enqueue(mail, 4)
    await app.limitQueue('mails', null)
    await app.enqueueMany(mail, [5, 6, 7])
    expect(await jobsIn(app)).toBe(7)
  },
)

test.each(engines)(
  'calls made at once are refused each for itself, and the error says when to come again (%s)',
  async (engine) => {
    await using app = newApp(engine)
    await app.limitQueue('mails', { enqueueRate: { max: 3, every: '1h' } })
    const calls = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => app.enqueue(mail, n)))
    expect(calls.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ])
    const error = (calls[4] as PromiseRejectedResult).reason as QueueFull
    expect(error).toBeInstanceOf(QueueFull)
    expect(error.code).toBe('LW1213')
    expect(error.retryAfterMs).toBeGreaterThan(3_590_000)
    expect(await jobsIn(app)).toBe(3)
  },
)

test.each([
  [undefined],
  [{}],
  [{ maxWaiting: -1 }],
  [{ maxWaiting: 1.5 }],
  [{ maxWaiting: '10' }],
  [{ enqueueRate: 100 }],
  [{ enqueueRate: { max: 0, every: '1s' } }],
  [{ enqueueRate: { max: 1 } }],
  [{ enqueueRate: { max: 1, every: '1' } }],
  [{ max: 1 }],
])('limits that are none are refused: %j', async (limits) => {
  await using app = legwork('memory:')
  const set = (app as unknown as { limitQueue(...args: unknown[]): Promise<void> }).limitQueue.bind(app)
  await expectRefused(() => set('mails', limits), { is: InvalidOption, code: 'LW1201' })
  await expectRefused(() => set('no name', { maxWaiting: 1 }), { is: InvalidOption, code: 'LW1201' })
  await loosely(app).enqueue(mail, 1)
})

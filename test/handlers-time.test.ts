// Handlers that hang, are cancelled, run late or leave promises behind: every job ends in the state that it should,
// none is stuck, and the worker goes on. In virtual time; what could end a process has a process of its own.
import { spawnSync } from 'node:child_process'
import { setImmediate as turn } from 'node:timers/promises'
import { Cancelled, fixed, RetryIn, Snooze, TimedOut } from 'legwork'
import { describe, expect, test } from 'vitest'
import { expectNoneStuck, never, stage, untilAborted, untilState } from './stage-kit.ts'

describe('handlers that do not end', () => {
  test('a handler that ignores its timeout is given up after the grace, and its slot replaced up to a quarter', async () => {
    let running = 0
    let most = 0
    const { t, one } = stage(
      'hang',
      async ({ input }) => {
        if (input === 'hang') return never()
        most = Math.max(most, (running += 1))
        for (let i = 0; i < 20; i++) await turn()
        running -= 1
        return input
      },
      { concurrency: 8, timeout: '30s' },
    )
    await using _ = t
    const hung = await t.enqueueMany(
      one,
      Array.from({ length: 8 }, () => 'hang'),
    )
    await t.clock.advance('32s')
    expect(await hung[0]?.status()).toMatchObject({ state: 'running' })
    await t.clock.advance('1s')
    for (const job of hung)
      expect(await job.status()).toMatchObject({
        state: 'dead',
        reason: 'exhausted',
        failures: 1,
        error: { name: 'TimedOut', code: 'LW2004' },
      })
    expect(
      t.logged.filter(
        ({ level, message }) =>
          level === 'error' && /its handler ignored its signal and still runs/.test(message),
      ),
    ).toHaveLength(8)
    const quick = await t.enqueueMany(
      one,
      Array.from({ length: 6 }, (_, i) => `${i}`),
    )
    await t.drain()
    expect(await Promise.all(quick.map((job) => job.result()))).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(most).toBe(2)
    await expectNoneStuck(t)
  })

  test('what a given-up handler does later is nobody’s result, and gives its slot back', async () => {
    let release = () => {}
    const { t, one } = stage(
      'late',
      ({ input, log, progress }) => {
        if (input === 'quick') return 'quick'
        return new Promise((resolve) => {
          release = () => {
            log.info('too late')
            progress(99)
            resolve('late')
          }
        })
      },
      { concurrency: 1, timeout: '10s' },
    )
    await using _ = t
    const late = await t.enqueue(one, 'slow')
    await t.clock.advance('15s')
    expect(await late.status()).toMatchObject({ state: 'dead', error: { code: 'LW2004' } })
    release()
    const quick = await t.enqueue(one, 'quick')
    await t.drain()
    expect(await quick.status()).toMatchObject({ state: 'completed', output: 'quick' })
    const status = await late.status()
    expect(status).toMatchObject({ state: 'dead' })
    expect(status.progress).toBeUndefined()
  })

  test('a timeout counts as a failure and is retried; a handler that ends well in the grace is completed', async () => {
    const reasons: unknown[] = []
    const { t, one } = stage(
      'slow',
      async ({ signal, attempt }) => {
        await untilAborted(signal)
        reasons.push(signal.reason)
        if (attempt < 3) throw new Error('whatever')
        return 'just in time'
      },
      { timeout: '5s', retry: { attempts: 3, backoff: fixed('1m') } },
    )
    await using _ = t
    const job = await t.enqueue(one, 'x')
    await t.clock.advance('1h')
    expect(await job.status()).toMatchObject({
      state: 'completed',
      output: 'just in time',
      attempt: 3,
      failures: 2,
    })
    expect(reasons).toEqual([expect.any(TimedOut), expect.any(TimedOut), expect.any(TimedOut)])
  })

  test('a deadline that passes in a run ends the job at once, whatever attempts are left', async () => {
    const { t, one } = stage(
      'due',
      async ({ signal }) => {
        await untilAborted(signal)
        throw signal.reason
      },
      { deadline: '10m', retry: { attempts: 5, backoff: fixed('1m') } },
    )
    await using _ = t
    const job = await t.enqueue(one, 'x')
    await t.clock.advance('11m')
    expect(await job.status()).toMatchObject({
      state: 'dead',
      reason: 'expired',
      attempt: 1,
      error: { name: 'TimedOut', code: 'LW2004' },
    })
  })

  test('a deadline that passes while the job waits, in every form of waiting', async () => {
    const { t, one } = stage(
      'wait',
      ({ input }) => {
        if (input === 'snooze') throw new Snooze('2h')
        if (input === 'retry') throw new RetryIn('2h')
        if (input === 'policy') throw new Error('no')
        return 'ran'
      },
      { deadline: '1h', retry: { attempts: 5, backoff: fixed('90m') } },
    )
    await using _ = t
    const jobs = await Promise.all([
      t.enqueue(one, 'late', { delay: '2h' }),
      t.enqueue(one, 'snooze'),
      t.enqueue(one, 'retry'),
      t.enqueue(one, 'policy'),
    ])
    await t.drain()
    // A retry that would come too late is not waited for.
    expect(await jobs[2].status()).toMatchObject({ state: 'dead', reason: 'expired' })
    expect(await jobs[3].status()).toMatchObject({ state: 'dead', reason: 'expired' })
    await t.clock.advance('3h')
    for (const job of jobs) expect(await job.status()).toMatchObject({ state: 'dead', reason: 'expired' })
    expect((await jobs[0].status()).attempt).toBe(0)
    await expectNoneStuck(t)
  })

  test('a ttl ends a job that never started, and leaves one that did alone', async () => {
    const { t, one } = stage(
      'ttl',
      ({ attempt }) => {
        if (attempt === 1) throw new Error('not yet')
        return 'ran'
      },
      { ttl: '1h', retry: { attempts: 2, backoff: fixed('2h') } },
    )
    await using _ = t
    const late = await t.enqueue(one, 'late', { delay: '2h' })
    const early = await t.enqueue(one, 'early')
    await t.pause('default', 'a while')
    const paused = await t.enqueue(one, 'paused')
    await t.resume('default')
    await t.drain()
    await t.clock.advance('4h')
    expect(await late.status()).toMatchObject({ state: 'dead', reason: 'expired', attempt: 0 })
    expect(await early.status()).toMatchObject({ state: 'completed', attempt: 2 })
    expect(await paused.status()).toMatchObject({ state: 'completed' })
  })
})

describe('cancelling', () => {
  test('a job that waits is cancelled at once: ready, scheduled, waiting for its retry', async () => {
    const ran: string[] = []
    const { t, one } = stage(
      'waiting',
      ({ input }) => {
        ran.push(input)
        throw new Error('no')
      },
      { retry: { attempts: 5, backoff: fixed('1h') } },
    )
    await using _ = t
    await t.pause('default', 'hold')
    const ready = await t.enqueue(one, 'ready')
    const scheduled = await t.enqueue(one, 'scheduled', { delay: '1h' })
    expect(await ready.cancel('no longer wanted')).toBe('done')
    await t.resume('default')
    const retried = await t.enqueue(one, 'retried')
    await t.drain()
    expect(await scheduled.cancel()).toBe('done')
    expect(await retried.cancel()).toBe('done')
    await t.clock.advance('1d')
    expect(ran).toEqual(['retried'])
    expect(await ready.status()).toMatchObject({ state: 'cancelled', reason: 'no longer wanted', attempt: 0 })
    await expect(ready.result()).rejects.toMatchObject({ code: 'LW2202' })
    expect(await retried.cancel()).toBe('refused')
    expect(await t.cancel('never-seen')).toBe('gone')
    await expectNoneStuck(t)
  })

  test('a running job is asked: what it returns counts, what it throws does not, and it cannot stay for ever', async () => {
    const reasons: unknown[] = []
    const { t, one } = stage(
      'running',
      async ({ input, signal }) => {
        await untilAborted(signal)
        reasons.push(signal.reason)
        if (input === 'returns') return 'done anyway'
        if (input === 'throws') throw new Error('interrupted')
        if (input === 'snoozes') throw new Snooze('1h')
        return never()
      },
      { retry: { attempts: 5 } },
    )
    await using _ = t
    const jobs = await t.enqueueMany(one, ['returns', 'throws', 'snoozes', 'hangs'])
    const running = t.drain()
    for (const job of jobs) await untilState(job, 'running')
    for (const job of jobs) expect(await job.cancel('changed my mind')).toBe('asked')
    expect((await t.why(jobs[3]?.id ?? '')).reason).toMatchObject({
      kind: 'cancelling',
      reason: 'changed my mind',
    })
    await t.clock.advance('10s')
    await running
    expect(await jobs[0]?.status()).toMatchObject({ state: 'completed', output: 'done anyway' })
    expect(await jobs[1]?.status()).toMatchObject({
      state: 'cancelled',
      reason: 'changed my mind',
      error: { message: 'interrupted' },
    })
    expect(await jobs[2]?.status()).toMatchObject({ state: 'cancelled', reason: 'changed my mind' })
    expect(await jobs[3]?.status()).toMatchObject({ state: 'cancelled', reason: 'changed my mind' })
    expect(reasons).toEqual(Array.from({ length: 4 }, () => expect.any(Cancelled) as unknown))
    await expectNoneStuck(t)
  })

  test('a job that a worker has claimed ahead and not started is cancelled without running', async () => {
    const ran: string[] = []
    let open = () => {}
    const gate = new Promise<void>((resolve) => void (open = resolve))
    const { t, one } = stage(
      'ahead',
      async ({ input }) => {
        ran.push(input)
        if (input === 'blocker') await gate
      },
      { concurrency: 1 },
    )
    await using _ = t
    // Quick runs teach the worker to claim ahead.
    await t.enqueueMany(
      one,
      Array.from({ length: 20 }, () => 'quick'),
    )
    await t.drain()
    const blocker = await t.enqueue(one, 'blocker')
    const running = t.drain()
    await untilState(blocker, 'running')
    const ahead = await t.enqueue(one, 'ahead')
    await untilState(ahead, 'running')
    expect(await ahead.cancel('not any more')).toBe('asked')
    await untilState(ahead, 'cancelled')
    open()
    await running
    expect(ran.filter((input) => input !== 'quick')).toEqual(['blocker'])
    expect(await ahead.status()).toMatchObject({ state: 'cancelled', reason: 'not any more' })
    await expectNoneStuck(t)
  })
})

describe('rejections that nobody handles', () => {
  /** Runs a program of its own; it holds the app `app` with a handler `work` that gives `leave` a chance. */
  const program = (body: string) =>
    spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { legwork, task } from 'legwork'
        const work = task('work')
        ${body}`,
      ],
      { encoding: 'utf8', timeout: 20_000 },
    )

  test('a promise that a handler left behind is logged with its job; the process lives, the job is completed', () => {
    const { status, stdout, stderr } = program(`
      const later = () => new Promise((_, reject) => setTimeout(() => reject(new Error('left behind later')), 50))
      let over
      const isOver = new Promise((resolve) => { over = resolve })
      const app = legwork('memory:').handle(work, () => {
        void Promise.reject(new Error('left behind at once'))
        void (async () => { throw undefined })()
        void later()
        setTimeout(over, 150)
        return 'fine'
      })
      await app.start()
      const job = await app.enqueue(work)
      console.log('result', await job.result(), job.id)
      await isOver
      console.log('state', (await job.status()).state)
      await app.stop()`)
    const id = /result fine (\w+)/.exec(stdout)?.[1] ?? 'no id'
    expect(stdout).toMatch(/state completed/)
    expect(status, stderr).toBe(0)
    const lines = stderr
      .split('\n')
      .filter((line) => line.includes(`job ${id}: a promise that its handler left behind rejected`))
    expect(lines).toHaveLength(3)
    expect(lines.join('\n')).toMatch(/left behind at once[\s\S]*left behind later/)
  })

  test('a handler that throws a rejected promise costs only its job', () => {
    const { status, stdout, stderr } = program(`
      const odd = task('odd', { retry: { attempts: 1 } })
      const app = legwork('memory:').handle(odd, () => { throw Promise.reject(new Error('odd')) })
      await app.start()
      const job = await app.enqueue(odd)
      await job.result().catch(() => {})
      console.log('state', (await job.status()).state)
      await app.stop()`)
    expect(stdout, stderr).toMatch(/state dead/)
    expect(status).toBe(0)
  })

  test('a rejection from elsewhere ends the process, as without Legwork', () => {
    const { status, stdout, stderr } = program(`
      const app = legwork('memory:').handle(work, () => 'fine')
      await app.start()
      console.log(await app.run(work))
      setTimeout(() => console.log('still here'), 500)
      setTimeout(() => void Promise.reject(new Error('not a handler of ours')), 10)`)
    expect(stdout).toBe('fine\n')
    expect(status).toBe(1)
    expect(stderr).toMatch(/not a handler of ours/)
  })

  test('whoever listens for rejections still hears them', () => {
    const { status, stdout } = program(`
      process.on('unhandledRejection', (error) => console.log('heard', error.message))
      const app = legwork('memory:').handle(work, () => 'fine')
      await app.start()
      void Promise.reject(new Error('elsewhere'))
      console.log(await app.run(work))
      await app.stop()`)
    expect(stdout).toMatch(/heard elsewhere/)
    expect(stdout).toMatch(/fine/)
    expect(status).toBe(0)
  })
})

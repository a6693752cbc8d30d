import { Dead, exponential, fixed, legwork, LeaseLost, RetryIn, Snooze, task, unchecked } from 'legwork'
import { assertIdempotent, testApp } from 'legwork/testing'
import { expect, test } from 'vitest'

const mail = task('mail.send', {
  input: unchecked<{ to: string }>(),
  output: unchecked<string>(),
  retry: { attempts: 3, backoff: exponential({ min: '1m', max: '1h', jitter: 'none' }) },
})

test('drain runs what is due, in virtual time and without an app being started', async () => {
  const app = legwork().handle(mail, ({ input }) => `sent to ${input.to}`)
  await using t = testApp(app)
  const job = await t.enqueue(mail, { to: 'ada@example.com' })
  await t.drain()
  expect(await job.status()).toMatchObject({
    state: 'completed',
    output: 'sent to ada@example.com',
    attempt: 1,
  })
})

test('a week of retries takes no time, and ends in the dead letters', async () => {
  let runs = 0
  const app = legwork().handle(mail, () => {
    runs += 1
    throw new Error('mailbox full')
  })
  await using t = testApp(app, { now: '2026-03-01T00:00:00Z' })
  await t.enqueue(mail, { to: 'full@example.com' })
  await t.drain()
  expect(runs).toBe(1)
  await t.clock.advance('59s')
  expect(runs).toBe(1)
  await t.clock.advance('1s')
  expect(runs).toBe(2)
  await t.clock.advance('7d')
  expect(runs).toBe(3)
  expect(await t.last(mail)).toMatchObject({ state: 'dead', reason: 'exhausted', failures: 3, attempt: 3 })
  expect(t.clock.now().toISOString()).toBe('2026-03-08T00:01:00.000Z')
})

test('a delay, a snooze, RetryIn and Dead do what they say', async () => {
  const seen: string[] = []
  const app = legwork().handle(mail, ({ attempt, input }) => {
    seen.push(`${input.to}#${attempt}`)
    if (input.to === 'snooze' && attempt === 1) throw new Snooze('1h')
    if (input.to === 'wait' && attempt === 1) throw new RetryIn('10m', { countsAsAttempt: false })
    if (input.to === 'gone') throw new Dead('no such mailbox')
    return 'ok'
  })
  await using t = testApp(app)
  const later = await t.enqueue(mail, { to: 'later' }, { delay: '5m' })
  const snooze = await t.enqueue(mail, { to: 'snooze' })
  const wait = await t.enqueue(mail, { to: 'wait' })
  const gone = await t.enqueue(mail, { to: 'gone' })
  await t.drain()
  expect(seen.toSorted()).toEqual(['gone#1', 'snooze#1', 'wait#1'])
  expect(await gone.status()).toMatchObject({
    state: 'dead',
    reason: 'discarded',
    error: { name: 'Dead', message: 'no such mailbox' },
  })
  await t.clock.advance('2h')
  expect(await later.status()).toMatchObject({ state: 'completed', attempt: 1 })
  expect(await snooze.status()).toMatchObject({ state: 'completed', attempt: 2, failures: 0 })
  expect(await wait.status()).toMatchObject({ state: 'completed', attempt: 2, failures: 0 })
})

test('a crash before settle runs the job again: one loss, no failure', async () => {
  const sent: string[] = []
  const app = legwork().handle(mail, ({ input }) => {
    sent.push(input.to)
    return 'ok'
  })
  await using t = testApp(app)
  t.crash('before-settle')
  const job = await t.enqueue(mail, { to: 'ada' })
  await t.drain()
  expect(sent).toEqual(['ada', 'ada'])
  expect(await job.status()).toMatchObject({ state: 'completed', attempt: 2, losses: 1, failures: 0 })
})

test('a lost lease aborts the handler, and what it returns is not recorded', async () => {
  const reasons: unknown[] = []
  const app = legwork().handle(mail, async ({ attempt, signal }) => {
    if (attempt > 1) return 'second'
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    reasons.push(signal.reason)
    return 'first'
  })
  await using t = testApp(app)
  const job = await t.enqueue(mail, { to: 'ada' })
  const running = t.drain()
  while ((await job.status()).state !== 'running') await new Promise((resolve) => setImmediate(resolve))
  await t.loseLease()
  await t.clock.advance('20m')
  await running
  expect(reasons).toEqual([expect.any(LeaseLost)])
  expect(await job.status()).toMatchObject({ state: 'completed', output: 'second', losses: 1, failures: 0 })
  expect(t.logged.map(({ message }) => message).join()).toContain('LW2005')
})

test('assertIdempotent passes an idempotent handler and names what a careless one does', async () => {
  const careless: string[] = []
  const careful = new Set<string>()
  const once = task('once', { input: unchecked<{ to: string }>() })
  const app = legwork()
    .handle(mail, ({ input }) => String(careless.push(input.to)))
    .handle(once, ({ job }) => void careful.add(job.id))
  await using t = testApp(app)
  await assertIdempotent(t, once, { to: 'ada' }, () => careful.size)
  await expect(assertIdempotent(t, mail, { to: 'ada' }, () => careless.length)).rejects.toThrow(
    /mail\.send is not idempotent: one run has 1 effects, a run with a crash before-settle has 2/,
  )
})

test('the same seed gives the same jitter', async () => {
  const times = async () => {
    const seen: number[] = []
    const jittered = task('jittered', { retry: { attempts: 5, backoff: exponential() } })
    const app = legwork().handle(jittered, () => {
      seen.push(t.clock.now().getTime())
      throw new Error('no')
    })
    await using t = testApp(app, { seed: 7 })
    await t.enqueue(jittered)
    await t.clock.advance('1d')
    return seen
  }
  const first = await times()
  expect(first).toHaveLength(5)
  expect(await times()).toEqual(first)
})

test('pause holds a queue, resume lets it go', async () => {
  const app = legwork().handle(mail, () => 'ok')
  await using t = testApp(app)
  await t.pause('default', 'vendor outage')
  const job = await t.enqueue(mail, { to: 'ada' })
  await t.drain()
  expect(await job.status()).toMatchObject({ state: 'ready' })
  expect((await t.why(job.id)).reason).toEqual({
    kind: 'queue-paused',
    queue: 'default',
    reason: 'vendor outage',
    by: 'application',
  })
  await t.resume('default')
  await t.drain()
  expect(await job.status()).toMatchObject({ state: 'completed' })
})

test('a drain that cannot end says which job it waits for, and what to do', async () => {
  const app = legwork().handle(
    mail,
    ({ signal }) =>
      new Promise((_, lost) => {
        signal.addEventListener('abort', () => lost(signal.reason))
      }),
  )
  await using t = testApp(app, { stall: 50 })
  const job = await t.enqueue(mail, { to: 'ada' })
  await expect(t.drain()).rejects.toMatchObject({
    code: 'LW1208',
    message: expect.stringMatching(
      new RegExp(`job ${job.id} of task mail\\.send is running.*advance\\('1m'\\)`),
    ) as string,
    details: { id: job.id, task: 'mail.send' },
  })
  await job.cancel('enough')
})

test('a job that no slot ever takes ends a drain, too', async () => {
  const started: string[] = []
  const app = legwork().handle(mail, ({ input }) => {
    started.push(input.to)
    return new Promise(() => {})
  })
  await using t = testApp(app, { stall: 50, concurrency: 1 })
  // One slot that a deaf handler keeps is replaced, a second one is not.
  for (const to of ['deaf', 'deafer']) {
    const deaf = await t.enqueue(mail, { to })
    await expect(t.drain()).rejects.toMatchObject({ code: 'LW1208' })
    await deaf.cancel()
    await t.clock.advance('10s')
    expect((await deaf.status()).state).toBe('cancelled')
  }
  const next = await t.enqueue(mail, { to: 'next' })
  await expect(t.drain()).rejects.toThrow(new RegExp(`LW1208 job ${next.id} .* is ready and no slot`))
  expect(started).toEqual(['deaf', 'deafer'])
})

test('options and moments that nobody knows are refused', async () => {
  const app = legwork().handle(mail, () => 'sent')
  const refused = (options: unknown) => () => testApp(app, options as never)
  expect(refused({ concurency: 1 })).toThrow(/LW1201 .*did you mean concurrency\?/)
  expect(refused({ now: 'soon' })).toThrow(/LW1201 now: got "soon"/)
  expect(refused({ seed: 'x' })).toThrow(/LW1201 seed/)
  expect(refused({ stall: -1 })).toThrow(/LW1201 stall/)
  expect(refused(null)).toThrow(/LW1201/)
  await using t = testApp(app)
  expect(() => t.crash('before-setle' as never)).toThrow(/LW1201 crash: .*did you mean before-settle\?/)
  expect(() => t.crash(undefined as never)).toThrow(/LW1201 crash: got undefined/)
})

test('a queue may be paused without a word', async () => {
  await using t = testApp(legwork().handle(mail, () => 'ok'))
  await t.pause('default')
  const job = await t.enqueue(mail, { to: 'ada' })
  expect((await t.why(job.id)).reason).toMatchObject({
    kind: 'queue-paused',
    reason: 'paused by the application',
  })
})

test('fixed waits are fixed', async () => {
  let runs = 0
  const poke = task('poke', { retry: { attempts: 2, backoff: fixed('30s') } })
  const app = legwork().handle(poke, () => {
    runs += 1
    throw new Error('no')
  })
  await using t = testApp(app)
  await t.enqueue(poke)
  await t.clock.advance('29999ms')
  expect(runs).toBe(1)
  await t.clock.advance('1ms')
  expect(runs).toBe(2)
})

test('a handler that blocks the event loop does not let the clock run ahead of its end', async () => {
  const seen: number[] = []
  const poke = task('poke', { retry: { attempts: 3, backoff: fixed('30s') } })
  const app = legwork().handle(poke, async () => {
    seen.push(t.clock.now().getTime())
    for (const end = performance.now() + 250; performance.now() < end; );
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    throw new Error('no')
  })
  await using t = testApp(app)
  const begin = t.clock.now().getTime()
  await t.enqueue(poke)
  await t.clock.advance('1h')
  expect(seen.map((at) => at - begin)).toEqual([0, 30_000, 60_000])
})

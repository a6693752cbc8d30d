// What runs around every run, and what it can and cannot do.
import { setImmediate as turn } from 'node:timers/promises'
import { Dead, fixed, legwork, type MiddlewareContext, Snooze, task, unchecked } from 'legwork'
import type { Context, Middleware } from 'legwork'
import { testApp } from 'legwork/testing'
import { describe, expect, test } from 'vitest'
import { silent } from './stage-kit.ts'

const echo = task('echo', { input: unchecked<string>(), output: unchecked<string>(), retry: { attempts: 1 } })

/** An app whose one handler gives its input back, with middleware around it. */
async function runs(
  layers: readonly Middleware[],
  handler: (context: Context<string>) => string | Promise<string> = ({ input }) => input,
) {
  const app = legwork({ store: 'memory:', log: silent }).handle(echo, handler)
  for (const layer of layers) app.use(layer)
  await using t = testApp(app)
  const job = await t.enqueue(echo, 'hi')
  await t.drain()
  return job.status()
}

describe('a middleware', () => {
  test('runs before and after, the first one outermost, and sees everything', async () => {
    const story: string[] = []
    const note =
      (name: string): Middleware =>
      async ({ task: { name: of }, job, attempt, input, signal, log }, next) => {
        expect([of, job.task, attempt, input, signal.aborted]).toEqual(['echo', 'echo', 1, 'hi', false])
        log.info(name)
        story.push(`${name} before`)
        story.push(`${name} after ${String(await next())}`)
      }
    const status = await runs([note('outer'), note('inner')], ({ input }) => {
      story.push('handler')
      return input.toUpperCase()
    })
    expect(status).toMatchObject({ state: 'completed', output: 'HI' })
    expect(story).toEqual(['outer before', 'inner before', 'handler', 'inner after HI', 'outer after HI'])
  })

  test('for one task leaves the others alone', async () => {
    const other = task('other')
    let count = 0
    const app = legwork('memory:')
      .handle(echo, ({ input }) => input)
      .handle(other, () => 'x')
      .use(echo, async ({ input }, next) => {
        count += input.length
        await next()
      })
    await using t = testApp(app)
    await Promise.all([t.enqueue(echo, 'four'), t.enqueue(other)])
    await t.drain()
    expect(count).toBe(4)
  })

  test('may add to the context, and cannot replace what is there', async () => {
    const status = await runs(
      [
        async (context, next) => {
          Object.assign(context, { tenant: 'acme' })
          await next()
        },
      ],
      (context) => (context as Context<string> & { tenant: string }).tenant,
    )
    expect(status).toMatchObject({ output: 'acme' })
    for (const key of ['input', 'job', 'signal', 'attempt', 'task', 'cursor', 'log', 'iterate']) {
      const refused = await runs([
        async (context, next) => {
          ;(context as unknown as Record<string, unknown>)[key] = 'mine'
          await next()
        },
      ])
      expect(refused, key).toMatchObject({ state: 'dead', error: { name: 'TypeError' } })
    }
  })

  test('may end the run with a verdict, before the handler', async () => {
    let called = 0
    const handler = () => {
      called += 1
      return 'x'
    }
    expect(
      await runs(
        [
          () =>
            void (() => {
              throw new Dead('not today')
            })(),
        ],
        handler,
      ),
    ).toMatchObject({
      state: 'dead',
      reason: 'discarded',
    })
    expect(await runs([() => Promise.reject(new Snooze('1h'))], handler)).toMatchObject({
      state: 'scheduled',
      failures: 0,
    })
    expect(called).toBe(0)
  })

  test('that throws after next() fails the run, although the handler was done', async () => {
    const status = await runs([
      async (_context, next) => {
        await next()
        throw new Error('could not send the trace')
      },
    ])
    expect(status).toMatchObject({ state: 'dead', error: { message: 'could not send the trace' } })
  })

  test('hears what the handler threw, may throw another error, and cannot swallow it', async () => {
    const heard: unknown[] = []
    const fails = () => {
      throw new Error('550 no such mailbox')
    }
    const translate: Middleware = async (_context, next) => {
      try {
        await next()
      } catch (cause) {
        heard.push(cause)
        throw new Dead('translated', { cause })
      }
    }
    expect(await runs([translate], fails)).toMatchObject({
      state: 'dead',
      reason: 'discarded',
      error: { message: 'translated' },
    })
    expect(heard).toMatchObject([{ message: '550 no such mailbox' }])
    const swallow: Middleware = async (_context, next) => void (await next().catch(() => 'fine'))
    expect(await runs([swallow], fails)).toMatchObject({
      state: 'dead',
      error: { message: '550 no such mailbox' },
    })
  })

  test('that returns something else changes nothing of the result', async () => {
    expect(await runs([async (_context, next) => [await next(), 'mine']])).toMatchObject({ output: 'hi' })
  })

  test('that does not wait for next() is waited for: the run ends when all of it has', async () => {
    let isDone = false
    const status = await runs([(_context, next) => void next()], async ({ input }) => {
      for (let i = 0; i < 5; i++) await turn()
      isDone = true
      return input
    })
    expect([status.state, isDone]).toEqual(['completed', true])
  })

  const tryTwice: Middleware = async (_context, next) => {
    try {
      await next()
    } catch {
      await next()
    }
  }
  const twice: readonly (readonly [string, Middleware])[] = [
    ['one after the other', async (_context, next) => [await next(), await next()]],
    ['at the same time', async (_context, next) => Promise.all([next(), next()])],
    ['to try again', tryTwice],
  ]
  test.each(twice)(
    'that calls next() twice, %s, runs the handler once and fails with LW1242',
    async (_what, layer) => {
      let called = 0
      const status = await runs([layer], ({ input }) => {
        called += 1
        if (called === 1 && _what === 'to try again') throw new Error('first')
        return input
      })
      expect(status).toMatchObject({ state: 'dead', error: { code: 'LW1242' } })
      expect(called).toBe(1)
    },
  )

  test('that calls next() when it is over is refused, and the handler does not run', async () => {
    let called = 0
    let late: (() => Promise<unknown>) | undefined
    const status = await runs([(_context, next) => void (late = next)], () => {
      called += 1
      return 'x'
    })
    expect(status).toMatchObject({ state: 'dead', error: { code: 'LW1243' } })
    expect(() => late?.()).toThrow(expect.objectContaining({ code: 'LW1242' }))
    expect(called).toBe(0)
  })

  test('runs around every attempt', async () => {
    const attempts: number[] = []
    const flaky = task('flaky', { retry: { attempts: 3, backoff: fixed(0) } })
    const app = legwork('memory:')
      .handle(flaky, ({ attempt }) => {
        if (attempt < 3) throw new Error('again')
      })
      .use(async ({ attempt }: MiddlewareContext, next) => {
        attempts.push(attempt)
        await next()
      })
    await using t = testApp(app)
    await t.enqueue(flaky)
    await t.drain()
    expect(attempts).toEqual([1, 2, 3])
  })
})

describe('refused', () => {
  const app = legwork('memory:')
  test('what is no middleware, and what is no task', () => {
    expect(() => app.use('log' as never)).toThrow(expect.objectContaining({ code: 'LW1201' }))
    expect(() => app.use(echo, undefined as never)).toThrow(expect.objectContaining({ code: 'LW1201' }))
    expect(() => app.use('echo' as never, async () => {})).toThrow(
      expect.objectContaining({ code: 'LW1101' }),
    )
  })

  test('a middleware of a task that nobody handles, at start()', async () => {
    const other = legwork('memory:')
      .handle(task('one'), () => {})
      .use(echo, async (_context, next) => void (await next()))
    await expect(other.start()).rejects.toMatchObject({
      code: 'LW1101',
      message: expect.stringContaining('echo') as string,
    })
  })

  test('a middleware that comes after start()', async () => {
    const late = legwork('memory:').handle(echo, ({ input }) => input)
    await late.start()
    expect(() => late.use(async () => {})).toThrow(expect.objectContaining({ code: 'LW1204' }))
    await late.stop()
    expect(() => late.use(async () => {})).toThrow(expect.objectContaining({ code: 'LW1006' }))
  })
})

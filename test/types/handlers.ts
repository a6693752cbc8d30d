// Middleware, lazy handlers and iterations. Compiled, never run.
import { handler, lazy, legwork, task } from 'legwork'
import type { Handler, Iterate, Middleware } from 'legwork'
import { z } from 'zod'

declare module 'legwork' {
  interface ContextExtras {
    tenant: { readonly id: string }
  }
}

const resize = task('resize', {
  input: z.object({ width: z.number() }),
  output: z.object({ url: z.string() }),
})
const app = legwork('memory:')

app.use(async ({ task: of, attempt, input, job }, next) => {
  const name: string = of.name + job.id + attempt.toFixed()
  const unknown: unknown = input
  const value: unknown = await next()
  return [name, unknown, value]
})
app.use(resize, async (context, next) => {
  const width: number = context.input.width
  context.tenant = { id: String(width) }
  await next()
})
app.handle(resize, ({ tenant, input }) => ({ url: tenant.id + input.width }))
const typed: Middleware<{ width: number }> = async ({ input }, next) => [input.width, await next()]
app.use(resize, typed)

// @ts-expect-error its input has no height
app.use(resize, async ({ input }, next) => [input.height, await next()])
// @ts-expect-error the input is not its to change
app.use(resize, async (context, next) => [(context.input = { width: 1 }), await next()])
// @ts-expect-error a task is a value
app.use('resize', async (_context, next) => next())
// @ts-expect-error next takes nothing
app.use(async (_context, next) => next({ width: 5 }))
// @ts-expect-error no middleware
app.use({ before: () => {} })

const good = handler(resize, ({ input }) => ({ url: `${input.width}` }))
const bad: Handler<{ width: number }, { href: string }> = () => ({ href: 'x' })
const asDefault = lazy(async () => ({ default: good, size: 5 }))
const asName = lazy(async () => ({ resize: good }))
app.handle(resize, asDefault)
app.handle(
  task('one'),
  lazy(async () => ({ default: () => 5 })),
)
const second = legwork('memory:').handle(resize, asName)
second.handle(
  resize,
  lazy(() => good),
)
const wrongResult = lazy(async () => ({ default: bad }))
const otherName = lazy(async () => ({ shrink: good }))
const noHandler = lazy(async () => ({ default: 5 }))
// @ts-expect-error the wrong result
app.handle(resize, wrongResult)
// @ts-expect-error not the task's name
app.handle(resize, otherName)
// @ts-expect-error no handler inside
app.handle(resize, noHandler)
// @ts-expect-error a function that loads
lazy('./resize.js')
const batchApp = legwork('memory:')
batchApp.handleBatch(resize, { max: 100, wait: '50ms' }, async (items, { signal }) => {
  signal.throwIfAborted()
  for (const { input, complete, fail, retryIn, tenant, job } of items) {
    const decided: boolean = complete({ url: `${input.width} ${tenant.id} ${job.id}` })
    void [decided, fail(new Error('x')), retryIn('5m')]
  }
})
const again = () => legwork('memory:')
again().handleBatch(resize, {}, (items) => items.map(({ input }) => ({ url: `${input.width}` })))
again().handleBatch(resize, {}, (items) => items.map(() => new Error('all of them')))
again().handleBatch(resize, {}, (items) => new Map([[items[0]?.job.id ?? '', { url: 'x' }]]))
again().handleBatch(resize, {}, (items) => Promise.allSettled(items.map(async () => ({ url: 'x' }))))
// @ts-expect-error a result of another kind
again().handleBatch(resize, {}, (items) => items.map(() => ({ href: 'x' })))
// @ts-expect-error promises of another kind
again().handleBatch(resize, {}, (items) => Promise.allSettled(items.map(async () => 5)))
// @ts-expect-error one result is not one for each
again().handleBatch(resize, {}, () => ({ url: 'x' }))
// @ts-expect-error this task has a result
again().handleBatch(resize, {}, (items) => void items[0]?.complete())
// @ts-expect-error no such option
again().handleBatch(resize, { size: 100 }, () => {})
// @ts-expect-error no such unit
again().handleBatch(resize, { wait: '50 millis' }, () => {})
await app.start({ preload: true })
// @ts-expect-error yes or no
await app.start({ preload: 'yes' })

interface Row {
  readonly id: number
  readonly name: string
}
declare const iterate: Iterate
declare function rowsAfter(id: number): Promise<readonly Row[]>

for await (const row of iterate((last?: number) => rowsAfter(last ?? 0), { cursor: (row) => row.id })) {
  const name: string = row.name
  void name
}
for await (const row of iterate((done) => rowsAfter(done), { every: 5, throttle: '100/s', for: '10m' }))
  void row.id
for await (const letter of iterate((done) => 'abc'.slice(done))) void letter.length
for await (const [a, b] of iterate(
  (at: { page: number } | undefined) => [[at?.page ?? 0, 'x']] as [number, string][],
  {
    cursor: ([page]) => ({ page }),
    every: '30s',
  },
))
  void [a.toFixed(), b.length]

// @ts-expect-error a number is not a text
iterate((last?: string) => rowsAfter(Number(last)), { cursor: (row) => row.id })
// @ts-expect-error per second, minute or hour
iterate((done) => rowsAfter(done), { throttle: '100/d' })
// @ts-expect-error a rate has a unit
iterate((done) => rowsAfter(done), { throttle: 100 })
// @ts-expect-error no such unit
iterate((done) => rowsAfter(done), { every: '5 seconds' })
// @ts-expect-error a source is a function
iterate([1, 2, 3])

// One definition types everything after it. Compiled, never run; a line below an expected error must not compile.
import { exponential, handler, legwork, task, unchecked } from 'legwork'
import type { InputOf, JobEvent, JobHandle, OutputOf, Status } from 'legwork'
import { assertIdempotent, testApp } from 'legwork/testing'
import * as v from 'valibot'
import { z } from 'zod'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const yes = <_T extends true>(): void => {}

const email = task('email.send', {
  input: z.object({
    to: z.email(),
    template: z.enum(['welcome', 'reset']),
    copies: z.number().default(1),
    at: z
      .string()
      .transform((text) => new Date(text))
      .optional(),
  }),
  output: z.object({ messageId: z.string() }),
  progress: z.object({ sent: z.number() }),
  queue: 'emails',
  priority: 'high',
  retry: {
    attempts: 8,
    backoff: exponential({ min: '1s', max: '10m', jitter: 'full' }),
    when: (error) => error instanceof TypeError || '5m',
  },
  timeout: '30s',
  deadline: '6h',
  ttl: 86_400_000,
  retain: { completed: '3d', dead: 'forever' },
  tags: ['mail'],
})
const resize = task('resize', { input: v.object({ key: v.string() }), output: v.object({ url: v.string() }) })
const tick = task('tick')
const loose = task('loose', { input: unchecked<{ n: number } | undefined>() })
const count = task('count', { output: z.string().transform((text) => text.length) })

type In = { to: string; template: 'welcome' | 'reset'; copies?: number | undefined; at?: string | undefined }
yes<Same<InputOf<typeof email>, In>>()
yes<Same<OutputOf<typeof email>, { messageId: string }>>()
yes<Same<(typeof email)['name'], 'email.send'>>()
yes<Same<OutputOf<typeof resize>, { url: string }>>()
yes<Same<InputOf<typeof tick>, undefined>>()

const app = legwork('memory:')
app.handle(email, async ({ input, progress, signal, attempt, job, log }) => {
  // What the schema made of the input: defaults filled in, texts turned into dates.
  yes<
    Same<typeof input, { to: string; template: 'welcome' | 'reset'; copies: number; at?: Date | undefined }>
  >()
  yes<Same<typeof signal, AbortSignal>>()
  yes<Same<typeof attempt, number>>()
  yes<Same<typeof job.createdAt, Date>>()
  progress(50)
  progress({ percent: 50, note: 'half', data: { sent: 1 } })
  // @ts-expect-error the progress schema says what its data is
  progress({ data: { received: 1 } })
  // @ts-expect-error a percentage is a number
  progress('50%')
  log.info('sent', { to: input.to })
  // @ts-expect-error there is no such level
  log.shout('sent')
  // @ts-expect-error the input has no such field
  void input.from
  return { messageId: '1' }
})
app.handle(tick, ({ input }) => void yes<Same<typeof input, undefined>>())
app.handle(loose, ({ input }) => input?.n)
// A handler returns what goes into the output schema; result() gives what comes out.
app.handle(count, () => 'four')
// @ts-expect-error the output schema takes a string
app.handle(count, () => 4)
// @ts-expect-error the output has another shape
app.handle(email, () => ({ id: '1' }))
// @ts-expect-error the output is not optional
app.handle(email, () => {})
// @ts-expect-error a promise of the wrong thing is wrong as well
app.handle(resize, async () => ({ url: 5 }))
// @ts-expect-error a task is a value, not a name
app.handle('email.send', () => ({ messageId: '1' }))
// @ts-expect-error a handler is a function
app.handle(email, { messageId: '1' })

const apart = handler(resize, ({ input }) => ({ url: `/${input.key}` }))
app.handle(resize, apart)
// @ts-expect-error the same check in a file of its own
handler(resize, ({ input }) => ({ url: input.key.length }))
// @ts-expect-error a handler of one task is none of another
app.handle(email, apart)

const job = await app.enqueue(
  email,
  { to: 'ada@example.com', template: 'welcome' },
  { delay: '5m', tags: ['now'], priority: 3, id: 'mail-1' },
)
yes<Same<typeof job, JobHandle<{ messageId: string }, { sent: number }>>>()
yes<Same<Awaited<ReturnType<typeof job.result>>, { messageId: string }>>()
// @ts-expect-error a field is missing
await app.enqueue(email, { to: 'ada@example.com' })
// @ts-expect-error not one of the templates
await app.enqueue(email, { to: 'ada@example.com', template: 'invoice' })
// @ts-expect-error a field that nobody reads
await app.enqueue(email, { to: 'ada@example.com', template: 'reset', cc: 'bob@example.com' })
// @ts-expect-error the producer passes what goes into the schema, not what comes out
await app.enqueue(email, { to: 'ada@example.com', template: 'reset', at: new Date() })
// @ts-expect-error the input is not optional
await app.enqueue(email)
await app.enqueue(tick)
await app.enqueue(tick, undefined, { delay: 250 })
await app.enqueue(loose)
await app.enqueue(loose, { n: 1 })
// @ts-expect-error a task without input takes none
await app.enqueue(tick, { to: 'ada@example.com' })
// @ts-expect-error no task
await app.enqueue('email.send', { to: 'ada@example.com', template: 'welcome' })

const jobs = await app.enqueueMany(resize, [{ key: 'a' }, { key: 'b' }], { tags: ['batch'] })
yes<Same<Awaited<ReturnType<(typeof jobs)[0]['result']>>, { url: string }>>()
// @ts-expect-error one of them is wrong
await app.enqueueMany(resize, [{ key: 'a' }, { key: 5 }])
// @ts-expect-error an array is wanted
await app.enqueueMany(resize, { key: 'a' })
// @ts-expect-error the jobs of one call cannot share an id
await app.enqueueMany(resize, [{ key: 'a' }], { id: 'x' })

const ran = await app.run(resize, { key: 'a' }, { timeout: '1m' })
yes<Same<typeof ran, { url: string }>>()
const length = await app.run(count)
yes<Same<typeof length, number>>()
// @ts-expect-error no such unit
await app.run(resize, { key: 'a' }, { timeout: '5 parsecs' })
// @ts-expect-error no such key
await app.run(resize, { name: 'a' })
const inside = await app.in({}).enqueue(resize, { key: 'a' })
yes<Same<Awaited<ReturnType<typeof inside.result>>, { url: string }>>()
// @ts-expect-error checked inside a transaction, too
await app.in({}).enqueue(resize, { key: 5 })

const status = await job.status()
yes<Same<typeof status, Status<{ messageId: string }, { sent: number }>>>()
if (status.state === 'completed') yes<Same<typeof status.output, { messageId: string }>>()
if (status.state === 'dead') yes<Same<typeof status.reason, string>>()
yes<Same<NonNullable<typeof status.progress>['data'], { sent: number } | undefined>>()
// @ts-expect-error a result stands only in a completed job
void status.output
// @ts-expect-error no such state
void (status.state === 'finished')

for await (const event of job.events()) {
  yes<Same<typeof event, JobEvent<{ messageId: string }, { sent: number }>>>()
  if (event.type === 'completed') yes<Same<typeof event.output, { messageId: string }>>()
  if (event.type === 'progress') yes<Same<typeof event.data, { sent: number } | undefined>>()
  // @ts-expect-error only a completed event has an output
  void event.output
}
const known = app.job('mail-1', email)
yes<Same<Awaited<ReturnType<typeof known.result>>, { messageId: string }>>()
const unknown = app.job('mail-1')
yes<Same<Awaited<ReturnType<typeof unknown.result>>, unknown>>()

await using t = testApp(app)
const inTest = await t.enqueue(email, { to: 'ada@example.com', template: 'welcome' })
yes<Same<Awaited<ReturnType<typeof inTest.result>>, { messageId: string }>>()
const last = await t.last(email)
if (last.state === 'completed') yes<Same<typeof last.output, { messageId: string }>>()
await assertIdempotent(t, email, { to: 'ada@example.com', template: 'welcome' }, () => 1)
// @ts-expect-error checked in the test kit, too
await assertIdempotent(t, email, { to: 'ada@example.com' }, () => 1)
// @ts-expect-error no such unit
await t.clock.advance('1 week')
// @ts-expect-error no such moment
t.crash('whenever')

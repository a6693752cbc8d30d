// Options that do not compile. Compiled, never run.
import { custom, exponential, fixed, legwork, linear, RetryIn, Snooze, task } from 'legwork'
import type { Duration, Task } from 'legwork'
import { z } from 'zod'

task('durations', { timeout: '250ms', deadline: '2w', ttl: 1_000, retry: { backoff: fixed('1.5s') } })
// @ts-expect-error no such unit
task('t', { timeout: '5 parsecs' })
// @ts-expect-error a unit is needed
task('t', { timeout: '5' })
// @ts-expect-error minutes are m
task('t', { deadline: '5min' })
// @ts-expect-error no date
task('t', { ttl: new Date() })
// @ts-expect-error a typo
task('t', { timout: '5s' })
// @ts-expect-error a name of a priority that is none
task('t', { priority: 'urgent' })
// @ts-expect-error out of range
task('t', { priority: 10 })
// @ts-expect-error attempts are counted
task('t', { retry: { attempts: 'many' } })
// @ts-expect-error a typo inside
task('t', { retry: { attempt: 3 } })
// @ts-expect-error a backoff is a function
task('t', { retry: { backoff: '5s' } })
// @ts-expect-error a wait, yes or no
task('t', { retry: { when: () => 'soon' } })
// @ts-expect-error only final states are retained
task('t', { retain: { running: '1d' } })
// @ts-expect-error a schema, not a shape
task('t', { input: { to: 'string' } })
// @ts-expect-error a name is a text
task(5)
// @ts-expect-error no such spread
exponential({ jitter: 'some' })
// @ts-expect-error no such unit
linear({ min: '1 second' })
// @ts-expect-error a duration
custom(() => 'soon')
// @ts-expect-error no such unit
void new RetryIn('1 hour')
// @ts-expect-error no such unit
void new Snooze('tomorrow')
// @ts-expect-error no such option
legwork({ path: 'jobs.db' })
// @ts-expect-error a path or a store
legwork({ store: 5 })

const app = legwork('memory:')
await app.start({
  concurrency: 5,
  queues: { emails: { concurrency: 5 }, '*': { concurrency: 10 } },
  lease: '15s',
})
// @ts-expect-error a typo
await app.start({ concurency: 5 })
// @ts-expect-error slots of a queue have a name
await app.start({ queues: { emails: 5 } })
await app.stop({ grace: '25s' })
// @ts-expect-error no such unit
await app.stop({ grace: '25 sec' })
await app.pause('emails')
// @ts-expect-error a reason is a text
await app.pause('emails', 5)

const t = task('t', { input: z.number() })
await app.enqueue(t, 1, { runAt: new Date(), deadline: '1h' })
// @ts-expect-error a Date
await app.enqueue(t, 1, { runAt: '2026-01-01' })
// @ts-expect-error no such unit
await app.enqueue(t, 1, { delay: '5x' })
// @ts-expect-error a typo
await app.enqueue(t, 1, { dealy: '5m' })
// @ts-expect-error names, not a name
await app.enqueue(t, 1, { tags: 'urgent' })
// @ts-expect-error out of range
await app.enqueue(t, 1, { priority: 11 })

// A duration can be put together, and a list may hold tasks of all types.
const minutes = (n: number): Duration => `${n}m`
task('in-minutes', { timeout: minutes(5) })
const all: readonly Task[] = [t, task('none'), task('text', { output: z.string() })]
for (const one of all) void one.policy.queue

import { legwork, toldOf } from '../app.ts'
import type { ScheduleOptions } from '../define/schedule.ts'
import type { Task } from '../define/task.ts'
import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption, LegworkError, nearest } from '../job/errors.ts'
import type { Job } from '../job/job.ts'
import type { Operator } from '../operate/operator.ts'
import type { Logger } from '../job/logger.ts'
import { checkKnown } from '../job/name.ts'
import type { Store } from '../store/index.ts'
import { memory } from '../stores/memory/index.ts'
import type { App, Enqueuer, StartOptions } from '../surface.ts'
import type { Status } from '../watch/handle.ts'
import { defaultStallMs, idle, patienceMs } from './idle.ts'
import { virtualClock } from './virtual-clock.ts'

export interface TestOptions extends Pick<StartOptions, 'concurrency' | 'queues' | 'abortGrace'> {
  /** The first instant: milliseconds since 1970, or a date text. Default 2026-01-01T00:00:00Z. */
  readonly now?: number | string
  /** Makes jitter and ids repeatable. Default 1. */
  readonly seed?: number
  /** How long, in real time, `drain()` and `advance()` wait while no job gets any further. Default 5 s. */
  readonly stall?: Duration
}

/**
 * Where the worker dies: `after-claim`, before its handlers start; `after-checkpoint`, when a cursor has just been kept;
 * `before-settle`, when a handler has done its work and nobody knows it yet. Each time the job runs again, with one
 * loss and no failure.
 */
export type Crash = 'after-claim' | 'after-checkpoint' | 'before-settle'

/** An app on a store in memory under a clock that stands still, with faults on demand. */
export interface TestApp
  extends Enqueuer,
    AsyncDisposable,
    Operator,
    Pick<App, 'job' | 'why' | 'cancel' | 'retry' | 'pause' | 'resume' | 'schedules' | 'store'> {
  readonly clock: {
    now(): Date
    /** Lets time pass, running whatever falls due on the way. */
    advance(by: Duration): Promise<void>
  }
  /**
   * Runs everything that is due now, and what it enqueues, until nothing is ready or running. Moves no time.
   * @throws {WrongMoment} LW1208 when a handler waits for time that only `clock.advance` can move.
   */
  drain(): Promise<void>
  /** Jobs of a task, oldest first; all jobs without one. */
  jobs<Out>(task?: Task<string, unknown, unknown, Out, unknown>): Promise<readonly Job[]>
  /** The status of the newest job of a task. @throws {LegworkError} LW2301 when there is none. */
  last<Out, Progress>(task: Task<string, unknown, unknown, Out, Progress>): Promise<Status<Out, Progress>>
  /** The worker dies at the next such moment, and starts again. @throws {InvalidOption} LW1201 for another moment. */
  crash(where: Crash): void
  /** Takes the worker's lease away now: its running handlers hear LeaseLost, and their jobs run again. */
  loseLease(): Promise<void>
  /** What the library logged, newest last. */
  readonly logged: readonly { readonly level: string; readonly message: string }[]
}

/**
 * Runs the handlers of `app` on a store in memory, in virtual time: a week of retries takes milliseconds.
 * The app itself is left alone; nothing of it is opened or started. @throws {InvalidOption} LW1201
 * @example
 * await using t = testApp(app)
 */
export function testApp(app: App, options: TestOptions = {}): TestApp {
  checkKnown(options, ['now', 'seed', 'stall', 'concurrency', 'queues', 'abortGrace'], 'testApp option')
  const { now, seed = 1, stall = defaultStallMs, ...start } = options
  if (!Number.isFinite(seed)) throw new InvalidOption('seed', seed, 'a number')
  const stallMs = toMs(stall, 'stall', 1)
  const clock = virtualClock(now === undefined ? {} : { now })
  const faults = { crash: undefined as Crash | undefined }
  const store = crashing(memory({ clock }), faults)
  const logged: { level: string; message: string }[] = []
  // Doorbells and due times are exact in memory, so polls, beats and upkeep only need to be rare.
  const inner = legwork({
    ...toldOf(app).said,
    store,
    clock,
    ...{ random: seeded(seed), log: listLogger(logged) },
    pace: { pollMs: 3_600_000, tendMs: 60_000 },
  })
  takeOver(app, inner)
  const served = new Set([...toldOf(app).registry.handled.values()].map(({ task }) => task.policy.queue))
  let started: Promise<void> | undefined
  const begin = () => (started ??= inner.start({ ...start, lease: '1h', beat: '20m' }))
  const settled = (patience = Infinity) => idle({ store, served, stallMs, patienceMs: patience })
  const drain = () => begin().then(() => settled())

  return {
    enqueue: ((...args: Parameters<App['enqueue']>) => inner.enqueue(...args)) as App['enqueue'],
    enqueueMany: (...args) => inner.enqueueMany(...args),
    job: (...args) => inner.job(...args),
    ...askingOf(inner),
    cancel: (id, reason) => inner.cancel(id, reason),
    retry: (id) => inner.retry(id),
    pause: (queue, reason) => inner.pause(queue, reason),
    resume: (queue) => inner.resume(queue),
    schedules: inner.schedules,
    store: () => inner.store(),
    drain,
    clock: {
      now: () => new Date(clock.now()),
      async advance(by) {
        await begin()
        const end = clock.now() + toMs(by, 'advance')
        while (clock.now() < end) {
          await settled(patienceMs)
          await clock.advance(Math.min(end, await nextStop(store, clock.now())) - clock.now())
        }
        await settled(patienceMs)
      },
    },
    async jobs(task) {
      const { jobs } = await store.find(task ? { task: task.name } : {}, { limit: 100_000 })
      return jobs.toReversed()
    },
    async last(task) {
      const { jobs } = await store.find({ task: task.name }, { limit: 1 })
      if (!jobs[0])
        throw new LegworkError('LW2301', `there is no job of task ${task.name}.`, { task: task.name })
      return inner.job(jobs[0].id, task).status()
    },
    crash: (where) => void (faults.crash = checkCrash(where)),
    async loseLease() {
      await begin()
      if (inner.workerId !== undefined)
        await store.lapse([inner.workerId], 'its lease was taken away by the test')
    },
    logged,
    [Symbol.asyncDispose]: async () => {
      const stopping = inner.stop({ grace: 0 })
      await clock.advance(60_000)
      await stopping
    },
  }
}

/** Gives the test's own app the handlers and the schedules of the user's. */
function takeOver(app: App, inner: App): void {
  const { registry, declared } = toldOf(app)
  toldOf(inner).registry.adopt(registry)
  for (const { name, options } of declared.values()) inner.schedule(name, options as ScheduleOptions<never>)
}

/** What a person asks and operates, as the app does it. */
const askingOf = (inner: App): Operator & Pick<App, 'why'> => {
  const { failures, markFailures, redrive, purge, bulk, bulks, edit } = inner
  return { why: (id) => inner.why(id), failures, markFailures, redrive, purge, bulk, bulks, edit }
}

function checkCrash(where: Crash): Crash {
  const known: readonly Crash[] = ['after-claim', 'after-checkpoint', 'before-settle']
  if (known.includes(where)) return where
  const near = typeof where === 'string' ? nearest(where, known) : undefined
  throw new InvalidOption('crash', where, `${known.join(' or ')}${near ? ` (did you mean ${near}?)` : ''}`)
}

/** The next instant at which a job falls due, or a slot of a schedule, at most a day ahead. */
async function nextStop(store: Store, now: number): Promise<number> {
  const { jobs } = await store.find({ states: ['scheduled'] }, { limit: 100_000 })
  const { nextDueAt = Infinity } = await store.schedules.due(100)
  return Math.min(
    now + 86_400_000,
    nextDueAt,
    ...jobs.map(({ availableAt }) => availableAt).filter((at) => at > now),
  )
}

function crashing(store: Store, faults: { crash: Crash | undefined }): Store {
  return {
    ...store,
    async exchange(settlements, ask) {
      if (faults.crash === 'before-settle' && settlements.length > 0) {
        faults.crash = undefined
        await store.lapse([ask.worker], 'a crash injected by the test, before settle')
      }
      const answer = await store.exchange(settlements, ask)
      if (faults.crash !== 'after-claim' || answer.claimed.jobs.length === 0) return answer
      faults.crash = undefined
      await store.lapse([ask.worker], 'a crash injected by the test, after claim')
      return { ...answer, claimed: { ...answer.claimed, lease: 'lost', jobs: [] } }
    },
    async record(worker, notes) {
      const answers = await store.record(worker, notes)
      if (faults.crash !== 'after-checkpoint' || !notes.some(({ checkpoint }) => checkpoint !== undefined))
        return answers
      faults.crash = undefined
      await store.lapse([worker], 'a crash injected by the test, after a checkpoint')
      // Nobody who has died hears an answer.
      return notes.map(() => 'stale')
    },
  }
}

const listLogger = (lines: { level: string; message: string }[]): Logger => {
  const add = (level: string) => (_data: object, message: string) => void lines.push({ level, message })
  return { debug: add('debug'), info: add('info'), warn: add('warn'), error: add('error') }
}

/** Mulberry32: small, fast, repeatable. */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

import { declaredRetention, type RetentionOptions } from './define/retention.ts'
import type { ScheduleOptions } from './define/schedule.ts'
import type { AnyTask, Task } from './define/task.ts'
import type { EnqueueOptions } from './enqueue/options.ts'
import { declaredLimits, type QueueLimitOptions } from './enqueue/queue-limits.ts'
import type { Clock } from './job/clock.ts'
import type { Health } from './job/health.ts'
import { defaults } from './job/defaults.ts'
import { type Duration, toMs } from './job/duration.ts'
import { InvalidOption } from './job/errors.ts'
import type { Logger } from './job/logger.ts'
import { checkCount, checkKnown } from './job/name.ts'
import type { ScheduleControl } from './schedules/control.ts'
import { checkPaths } from './job/paths.ts'
import { type Blobs, toShelf } from './payload/blobs.ts'
import type { KeySource } from './payload/keys.ts'
import type { Rekeyed, RekeyOptions } from './payload/rekey.ts'
import type { Operator } from './operate/operator.ts'
import type { Acted, DurabilityReport, Store } from './store/index.ts'
import type { JobHandle } from './watch/handle.ts'
import type { Why } from './watch/why.ts'
import type { BatchHandler, BatchOptions } from './worker/batch.ts'
import type { Handler } from './worker/handler.ts'
import type { Isolated } from './worker/isolate/isolated.ts'
import type { Exporting, Lazy } from './worker/lazy.ts'
import type { Middleware } from './worker/middleware.ts'

export interface AppOptions {
  /** A path or URL, or a store of your own. Default: `LEGWORK_URL`, or else the file `./.legwork/jobs.db`. */
  readonly store?: string | Store
  /** Default: warnings and errors as lines on standard error. A pino logger fits. */
  readonly log?: Logger
  /** An enqueue that the store does not answer in this time ends with UnknownOutcome. Default 5 s. */
  readonly enqueueTimeout?: Duration
  /**
   * Holds at most `max` jobs in this process, at most `for`, while the store cannot be reached; enqueue resolves when they
   * are stored. Beyond that it is refused with LW1016, or fails with the store's own error. Default: no buffer.
   */
  readonly buffer?: { readonly max: number; readonly for: Duration }
  /** When this release was deployed: of two that declare a schedule differently, the later one's word stands. */
  readonly deployedAt?: Date | number | string
  /**
   * What queues take from producers at most, as `limitQueue` sets it; `null`: this code wants no limit. Brought into the store
   * by `start()`, wherever the code says something new; what a person sets afterwards stands until then.
   */
  readonly queues?: Readonly<Record<string, QueueLimitOptions | null>>
  /**
   * Keys for tasks that encrypt: `{ active: 'k2', k1: '…', k2: '…' }`, 32 bytes each in base64, or a function that
   * fetches them. Default: the JSON text in `LEGWORK_KEYS`.
   */
  readonly keys?: KeySource
  /** Parts that no person sees of any task's jobs, besides the task's own `redact`. */
  readonly redact?: readonly string[]
  /** Where large payloads and results go, such as `files('./.legwork/blobs')`. Default: none, and 1 MiB is the limit. */
  readonly blobs?: Blobs
  /**
   * What is kept of finished jobs, by age, count and bytes. Written into the store at `start()`, for all processes: of two
   * releases the one with the later `deployedAt` stands, or else the one that started last. `null` lifts all limits;
   * left out, what stands in the store stays.
   */
  readonly retention?: RetentionOptions | null
  /** For tests. */
  readonly clock?: Clock
  /** For tests. */
  readonly random?: () => number
  /** For tests: how often to look when nothing rings. Milliseconds. */
  readonly pace?: { readonly pollMs: number; readonly tendMs: number }
}

export interface StartOptions {
  /** Handlers at once of this process, for all queues that `queues` does not name. Default 10. */
  readonly concurrency?: number
  /** Slots of each named queue; `'*'` stands for all other queues of the handled tasks. */
  readonly queues?: Readonly<Record<string, { readonly concurrency: number }>>
  /** A worker that cannot confirm itself this long loses its jobs. Default 15 s. */
  readonly lease?: Duration
  /** Default 3 s; at most a third of the lease. */
  readonly beat?: Duration
  /** How long an aborted handler may take to end. Default 3 s. */
  readonly abortGrace?: Duration
  /** Loads lazy handlers before the first job is claimed. Default false. @throws {UnknownThing} LW1311 */
  readonly preload?: boolean
  /** Told the worker's id, now and whenever it had to register again; a supervisor needs it. */
  readonly onRegister?: (worker: string) => void
}

export interface StopOptions {
  /** How long running handlers may go on before they are aborted. Default 25 s. */
  readonly grace?: Duration
  /** Cuts the grace short. */
  readonly hurry?: AbortSignal
}

type Input<In> = undefined extends In
  ? [input?: In, options?: EnqueueOptions]
  : [input: In, options?: EnqueueOptions]

/** The part of an app that hands in jobs; also what `app.in(tx)` gives. */
export interface Enqueuer {
  /**
   * Hands a job to the queue; when it resolves the job is durable. Calls made at the same time share one commit.
   * @throws {InvalidPayload | InvalidOption} before anything is written. @throws {UnknownOutcome} LW1005.
   */
  enqueue<In, Out, Progress>(
    task: Task<string, In, unknown, Out, Progress>,
    ...input: Input<NoInfer<In>>
  ): Promise<JobHandle<Out, Progress>>
  /** Hands in many jobs of one task, in batches of 1,000 a commit, or of 16 MiB of payloads; handles come in the order of the inputs. */
  enqueueMany<In, Out, Progress>(
    task: Task<string, In, unknown, Out, Progress>,
    inputs: readonly NoInfer<In>[],
    options?: Omit<EnqueueOptions, 'id'>,
  ): Promise<JobHandle<Out, Progress>[]>
}

/** What `app.in(tx)` gives: what is done here is done when your transaction commits, and never was when it rolls back. */
export interface InTransaction extends Enqueuer {
  /** Cancels a job that waits, and asks a running one to stop. */
  cancel(id: string, reason?: string): Promise<Acted['outcome']>
}

/** Producer, worker and remote control in one: what `legwork()` gives. */
export interface App extends Enqueuer, Operator, AsyncDisposable {
  /** Says how jobs of a task are done; the last one to be called before `start()`. @throws {InvalidOption} LW1203 for a second handler. */
  handle<Name extends string, In, Parsed, Out, Progress, Returned>(
    task: Task<Name, In, Parsed, Out, Progress, Returned>,
    handler:
      | Handler<Parsed, NoInfer<Returned>, Progress>
      | Lazy<Exporting<Name, Handler<Parsed, NoInfer<Returned>, Progress>>>
      | Isolated,
  ): App
  /**
   * Says how many jobs of a task are done in one call; each keeps its own attempts, signal and end. A batch takes one slot.
   * A task like that should have a queue of its own. @throws {InvalidOption} LW1201, LW1203.
   */
  handleBatch<In, Parsed, Out, Progress, Returned>(
    task: Task<string, In, Parsed, Out, Progress, Returned>,
    options: BatchOptions,
    handler: BatchHandler<Parsed, NoInfer<Returned>, Progress>,
  ): App
  /** Runs around every run of every task, the first one outermost. @throws {InvalidOption} LW1201 @throws {WrongMoment} LW1204 */
  use(middleware: Middleware): App
  /** Runs around every run of one task. */
  use<In, Parsed, Out, Progress, Returned>(
    task: Task<string, In, Parsed, Out, Progress, Returned>,
    middleware: Middleware<Parsed, Progress>,
  ): App
  /**
   * Declares a schedule, before `start()`, which brings it into the store. @throws {InvalidOption} LW1201, LW1221 to LW1224.
   * @example
   * app.schedule('nightly', { cron: '30 2 * * *', tz: 'Europe/Oslo', task: report, input: ({ at }) => ({ day: at.toISOString() }) })
   */
  schedule<In>(name: string, options: ScheduleOptions<In>): App
  /** All schedules of the store: look at them, pause them, trigger them, and make more at run time. */
  readonly schedules: ScheduleControl
  /** Starts a worker for the handled tasks. @throws {WrongMoment} LW1204 the second time, LW1206 without handlers. */
  start(options?: StartOptions): Promise<void>
  /** Ends the worker gently, then closes the store. May be called more than once. */
  stop(options?: StopOptions): Promise<void>
  /** Enqueues and waits for the result. */
  run<In, Out>(
    task: Task<string, In, unknown, Out, unknown>,
    ...input: undefined extends In
      ? [input?: In, options?: RunOptions]
      : [input: NoInfer<In>, options?: RunOptions]
  ): Promise<Out>
  /**
   * The same verbs inside a transaction of yours: the jobs exist if and only if it commits. On a file: a connection of
   * `openDatabase()`. On Postgres: a client of pg, or the transaction of postgres.js, Drizzle, Kysely, Knex, Prisma, TypeORM,
   * MikroORM or Sequelize. @throws {StoreError} LW1014 from the verbs, for what is no open transaction.
   */
  in(tx: unknown): InTransaction
  /** A job by its id; with its task the result is typed. */
  job<Out = unknown, Progress = unknown>(
    id: string,
    task?: Task<string, unknown, unknown, Out, Progress>,
  ): JobHandle<Out, Progress>
  /** Why a job is not running, or no longer. */
  why(id: string): Promise<Why>
  /** The input of a stored job as its producer gave it, opened. @throws {LegworkError} LW2301, LW2601 to LW2603, LW1603 */
  inputOf(id: string): Promise<unknown>
  cancel(id: string, reason?: string): Promise<Acted['outcome']>
  /** Brings a dead, cancelled or completed job back, as a new generation with all its attempts before it. */
  retry(id: string): Promise<Acted['outcome']>
  /** Stops claims from a queue; running jobs go on. Default reason: `paused by the application`. */
  pause(queue: string, reason?: string): Promise<void>
  resume(queue: string): Promise<void>
  /**
   * Limits what a queue takes from producers, in the store, so for every process; `null` lifts the limits. An enqueue beyond
   * them ends with QueueFull, and nothing is written. @throws {InvalidOption} LW1201
   */
  limitQueue(queue: string, limits: QueueLimitOptions | null): Promise<void>
  /**
   * Says what is kept of finished jobs, in the store, so for every process; `null` lifts all limits. What a release says
   * in `legwork({ retention })` replaces it when one of its workers starts. @throws {InvalidOption} LW1201
   */
  setRetention(retention: RetentionOptions | null): Promise<void>
  /**
   * After a change of `keys.active`: seals the keys of all stored jobs with the active one, in bounded batches, under
   * load, going on where an interrupted walk was. @throws {LegworkError} LW1601, LW1602
   */
  rekey(options?: RekeyOptions): Promise<Rekeyed>
  /**
   * Whether the store takes the calls of this process now. Never throws, answers within two seconds, and may be asked often: for the
   * health check of whatever runs this process. A worker that is degraded goes on by itself when the store is back.
   */
  health(): Promise<Health>
  /** What the store promises, as read back from its settings. */
  durability(): Promise<DurabilityReport>
  /** For tools: another store than the app was made with. @throws {WrongMoment} LW1204 once a store is open. */
  useStore(where: string): void
  /** For tools: the store itself, opened. */
  store(): Promise<Store>
  /** Names of the handled tasks, and the tasks. */
  readonly tasks: ReadonlyMap<string, AnyTask>
  /** The id of the worker's present registration, once started. */
  readonly workerId: string | undefined
}
export interface RunOptions extends EnqueueOptions {
  readonly timeout?: Duration
}

/** What `legwork()` was given, or nothing. @throws {InvalidOption} LW1201 for what it does not know. */
export function checkApp(options: AppOptions = {}): AppOptions {
  const tests = ['clock', 'random', 'pace']
  const known = [
    'store',
    'log',
    'enqueueTimeout',
    'buffer',
    'keys',
    'redact',
    'blobs',
    'retention',
    'deployedAt',
    'queues',
    ...tests,
  ]
  checkKnown(options, known, 'app option')
  const { store, log, enqueueTimeout } = options
  if (store !== undefined && typeof store !== 'string' && typeof store?.exchange !== 'function')
    throw new InvalidOption('store', store, 'a path, a URL or a store such as sqlite({ … })')
  const isLogger = (['debug', 'info', 'warn', 'error'] as const).every(
    (level) => typeof log?.[level] === 'function',
  )
  if (log !== undefined && !isLogger)
    throw new InvalidOption('log', log, 'an object with the functions debug, info, warn and error')
  if (options.redact !== undefined) checkPaths(options.redact, 'redact')
  if (options.blobs !== undefined) toShelf(options.blobs)
  if (enqueueTimeout !== undefined) toMs(enqueueTimeout, 'enqueueTimeout', 1)
  toBuffer(options.buffer)
  declaredRetention(options)
  declaredLimits(options.queues)
  return options
}

/** How an app hands jobs in. */
export const producing = ({ enqueueTimeout, buffer }: AppOptions) => ({
  timeoutMs: toMs(enqueueTimeout ?? defaults.enqueueTimeoutMs, 'enqueueTimeout'),
  buffer: toBuffer(buffer),
})

function toBuffer(given: AppOptions['buffer']): { max: number; forMs: number } | undefined {
  if (given === undefined) return undefined
  if (typeof given !== 'object' || given === null)
    throw new InvalidOption('buffer', given, "{ max: 1_000, for: '30s' }")
  checkKnown(given, ['max', 'for'], 'buffer option')
  return { max: checkCount(given.max, 'buffer.max', 1, 1_000_000), forMs: toMs(given.for, 'buffer.for', 1) }
}

/** @throws {InvalidOption} LW1201 */
export function checkStart(options: StartOptions): void {
  checkKnown(
    options,
    ['concurrency', 'queues', 'lease', 'beat', 'abortGrace', 'preload', 'onRegister'],
    'start option',
  )
  const { onRegister, preload } = options
  if (preload !== undefined && typeof preload !== 'boolean')
    throw new InvalidOption('preload', preload, 'true or false')
  if (onRegister !== undefined && typeof onRegister !== 'function')
    throw new InvalidOption('onRegister', onRegister, 'a function')
}

/** @throws {InvalidOption} LW1201 */
export function checkStop(options: StopOptions): void {
  checkKnown(options, ['grace', 'hurry'], 'stop option')
  const { hurry } = options
  if (hurry !== undefined && !(hurry instanceof AbortSignal))
    throw new InvalidOption('hurry', hurry, 'an AbortSignal')
}

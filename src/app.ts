import type { Declared, ScheduleOptions } from './define/schedule.ts'
import type { AnyTask } from './define/task.ts'
import { enqueueOptions, type EnqueueOptions } from './enqueue/new-job.ts'
import { newStoreIn } from './enqueue/new-store-in.ts'
import { limitSetting, type QueueLimitOptions } from './enqueue/queue-limits.ts'
import { type Producer, producer } from './enqueue/producer.ts'
import type { Clock } from './job/clock.ts'
import { defaults } from './job/defaults.ts'
import { toMs } from './job/duration.ts'
import { InvalidOption, LegworkError, WrongMoment } from './job/errors.ts'
import { idSource } from './job/id.ts'
import type { Accepted } from './job/job.ts'
import { calm, type Logger } from './job/logger.ts'
import { checkKey, checkKnown, checkName, checkReason } from './job/name.ts'
import { openStore } from './open-store.ts'
import type { ScheduleControl } from './schedules/control.ts'
import { type ScheduleDesk, scheduleDesk } from './schedules/desk.ts'
import { type PayloadRoom, payloadRoom } from './payload/room.ts'
import { type Operator, operator } from './operate/operator.ts'
import type { Acted, DurabilityReport, Store } from './store/index.ts'
import { keepTending } from './upkeep/keep-tending.ts'
import { jobHandle, type JobHandle, lazyHandle } from './watch/handle.ts'
import { Lookout } from './watch/results.ts'
import { type Why, why } from './watch/why.ts'
import { checkApp, checkStart, checkStop, producing } from './surface.ts'
import type { App, AppOptions, Enqueuer, RunOptions, StartOptions, StopOptions } from './surface.ts'
import { version } from './version.ts'
import { aboutOf } from './worker/about.ts'
import { guardRejections } from './worker/guard.ts'
import { paceOf } from './worker/pace.ts'

import { poolsFor } from './worker/pools-for.ts'
import { type Registry, registry } from './worker/registry.ts'
import { Worker, type WorkerKit } from './worker/worker.ts'
import { consoleLogger, environmentKeys, realClock, realRandom } from './world.ts'

/**
 * Makes an app on a store: a path, a URL, a store of your own, or nothing for `LEGWORK_URL` or `./.legwork/jobs.db`.
 * Nothing is opened before the first call that needs it.
 * @example
 * const app = legwork()
 */
export function legwork(where?: string | Store | AppOptions): App {
  const options = typeof where === 'string' || isStore(where) ? { store: where } : where
  return new LegworkApp(checkApp(options))
}

const isStore = (value: unknown): value is Store =>
  typeof value === 'object' && value !== null && typeof (value as Store).exchange === 'function'

/** The only place that puts the rooms together. */
class LegworkApp implements App {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #log: Logger
  readonly #newId: () => string
  readonly #registry: Registry
  readonly #producer: Producer
  readonly #desk: ScheduleDesk
  readonly #payloads: PayloadRoom
  readonly #operator: ReturnType<typeof operator>
  // What a person operates comes from the operator as it is.
  declare readonly failures: Operator['failures']
  declare readonly markFailures: Operator['markFailures']
  declare readonly redrive: Operator['redrive']
  declare readonly purge: Operator['purge']
  declare readonly bulk: Operator['bulk']
  declare readonly bulks: Operator['bulks']
  declare readonly edit: Operator['edit']
  declare readonly rekey: App['rekey']
  declare readonly inputOf: App['inputOf']
  #options: AppOptions
  #opening: Promise<Opened> | undefined
  #worker: Worker | undefined
  #isStarted = false
  #starting: Promise<void> | undefined
  #stopTending: (() => Promise<void>) | undefined
  #unguard = () => {}
  #stopping: Promise<void> | undefined
  #hurry = new AbortController()

  constructor(options: AppOptions) {
    this.#options = options
    this.#clock = options.clock ?? realClock
    this.#random = options.random ?? realRandom
    this.#log = calm(options.log ?? consoleLogger)
    this.#registry = registry({ clock: this.#clock, log: this.#log })
    this.#newId = idSource({ now: () => this.#clock.now(), random: this.#random })
    this.#payloads = payloadRoom({ keys: environmentKeys(), ...options }, this.#clock)
    this.#producer = producer({
      wrapping: this.#payloads.wrapping,
      open: async () => (await this.#open()).store,
      clock: this.#clock,
      newId: this.#newId,
      ...producing(options),
    })
    this.#desk = scheduleDesk({
      open: () => this.store(),
      clock: this.#clock,
      log: this.#log,
      newId: this.#newId,
      deployedAt: options.deployedAt,
      wrapping: this.#payloads.wrapping,
      taskOf: (name) => this.#registry.handled.get(name)?.task,
    })
    this.#operator = operator({
      open: () => this.store(),
      clock: this.#clock,
      wrapping: this.#payloads.wrapping,
      log: this.#log,
      newId: this.#newId,
      taskOf: (name) => this.#registry.handled.get(name)?.task,
    })
    const { adopt: _adopt, end: _end, ...verbs } = this.#operator
    Object.assign(
      this,
      verbs,
      this.#payloads.verbs(() => this.store()),
    )
  }

  /** What an app was told before it started, for the test kit. */
  static inside(app: App) {
    if (!(app instanceof LegworkApp)) throw new InvalidOption('app', app, 'an app made with legwork()')
    const { keys, redact, blobs } = app.#options
    const payloads = {
      ...(keys !== undefined && { keys }),
      ...(redact && { redact }),
      ...(blobs && { blobs }),
    }
    return { registry: app.#registry, declared: app.#desk.declared, payloads }
  }

  get schedules(): ScheduleControl {
    return this.#desk.control
  }

  schedule(name: string, options: ScheduleOptions<never>): App {
    if (this.#stopping) throw closed(`schedule(${name})`)
    if (this.#isStarted)
      throw new WrongMoment(
        'LW1204',
        `schedule(${name}) came after start(). Declare it before, or use app.schedules.set().`,
      )
    this.#desk.add(name, options as unknown as ScheduleOptions)
    return this
  }

  get tasks(): ReadonlyMap<string, AnyTask> {
    return new Map([...this.#registry.handled].map(([name, { task }]) => [name, task]))
  }

  get workerId(): string | undefined {
    return this.#worker?.id
  }

  handle(task: AnyTask, handler: unknown): App {
    this.#registry.handle(task, handler, () => this.#refuseLate(`handle(${task.name})`, 'handler'))
    return this
  }

  handleBatch(task: AnyTask, ...args: readonly unknown[]): App {
    this.#registry.handleBatch(task, args, () => this.#refuseLate(`handleBatch(${task.name})`, 'handler'))
    return this
  }

  use(...args: readonly unknown[]): App {
    this.#registry.use(args, () => this.#refuseLate('use()', 'middleware'))
    return this
  }

  #refuseLate(call: string, what: string): void {
    if (this.#stopping) throw closed(call)
    if (this.#isStarted)
      throw new WrongMoment('LW1204', `${call} came after start(). Register every ${what} first.`)
  }

  async start(options: StartOptions = {}): Promise<void> {
    checkStart(options)
    if (this.#stopping) throw closed('start()')
    if (this.#isStarted) throw new WrongMoment('LW1204', 'start() was called twice. Keep the first call.')
    if (this.#registry.handled.size === 0)
      throw new WrongMoment(
        'LW1206',
        'start() was called on an app without handlers. Call app.handle(task, handler) first.',
      )
    const pace = paceOf(options, this.#options.pace?.pollMs)
    const handled = this.#registry.ready()
    const pools = poolsFor([...handled.values()], options)
    // Before the first await, so that a second start() in the same turn is refused, and stop() waits for this one.
    this.#isStarted = true
    const onRegister = options.onRegister ?? (() => {})
    this.#starting = this.#begin({ ...pace, pools, handled, onRegister }, options.preload === true)
    try {
      await this.#starting
    } catch (error) {
      this.#isStarted = false
      throw error
    }
  }

  async #begin(
    pace: Pick<
      WorkerKit,
      'leaseMs' | 'beatMs' | 'abortGraceMs' | 'poll' | 'pools' | 'handled' | 'onRegister'
    >,
    isPreloading: boolean,
  ) {
    if (isPreloading) await this.#registry.preload()
    const { store, report } = await this.#open()
    const { clock, random, newId } = { clock: this.#clock, random: this.#random, newId: this.#newId }
    const schedules = await this.#desk.prepare()
    const own = {
      log: this.#log,
      wrapping: this.#payloads.wrapping,
      about: () => ({ ...aboutOf(pace.pools, this.#registry.handled, version), schedules }),
    }
    const worker = new Worker({ ...pace, ...own, store, clock, random, newId })
    await worker.start()
    this.#worker = worker
    const tendMs = this.#options.pace?.tendMs
    const [everyMs, idleMs] = [tendMs ?? defaults.tendMs, tendMs ?? defaults.tendIdleMs]
    await this.#desk.start({ store, report }, everyMs)
    const stops = [
      keepTending({ store, clock, random, everyMs, idleMs, adopt: this.#operator.adopt }),
      this.#payloads.keepSweeping(store),
    ]
    this.#stopTending = async () => void (await Promise.all(stops.map((stop) => stop())))
    this.#unguard = guardRejections(this.#log)
  }

  async stop(options: StopOptions = {}): Promise<void> {
    checkStop(options)
    const graceMs = toMs(options.grace ?? defaults.drainGraceMs, 'grace')
    options.hurry?.addEventListener('abort', () => this.#hurry.abort(), { once: true })
    if (options.hurry?.aborted) this.#hurry.abort()
    this.#stopping ??= this.#end(graceMs)
    return this.#stopping
  }

  async #end(graceMs: number): Promise<void> {
    await this.#starting?.catch(() => undefined)
    const opened = await this.#opening?.catch(() => undefined)
    await this.#desk.stop()
    await this.#worker?.stop(graceMs, this.#hurry.signal)
    await this.#stopTending?.()
    await this.#operator.end()
    this.#registry.close()
    opened?.lookout.close()
    this.#unguard()
    await opened?.store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async enqueue(task: AnyTask, input?: unknown, options?: EnqueueOptions): Promise<JobHandle<never, never>> {
    return this.#handleOf(await this.#producer.enqueue(task, input, options))
  }

  async enqueueMany(
    task: AnyTask,
    inputs: readonly unknown[],
    options?: EnqueueOptions,
  ): Promise<JobHandle<never, never>[]> {
    return this.#handlesOf(await this.#producer.enqueueMany(task, inputs, options))
  }

  async run(task: AnyTask, input?: unknown, allOptions: RunOptions = {}): Promise<never> {
    checkKnown(allOptions, ['timeout', ...enqueueOptions], 'run option')
    const { timeout, ...options } = allOptions
    // Before the job is written.
    if (timeout !== undefined) toMs(timeout, 'timeout')
    const job = await this.enqueue(task, input, options)
    return job.result(timeout === undefined ? {} : { timeout })
  }

  in(tx: unknown): Enqueuer {
    const opened = async () => {
      try {
        return await this.#open(tx)
      } catch (error) {
        throw newStoreIn(error)
      }
    }
    return {
      enqueue: async (task: AnyTask, input?: unknown, options?: EnqueueOptions) => {
        await opened()
        return this.#handleOf(await this.#producer.in(tx).enqueue(task, input, options))
      },
      enqueueMany: async (task: AnyTask, inputs: readonly unknown[], options?: EnqueueOptions) => {
        await opened()
        return this.#handlesOf(await this.#producer.in(tx).enqueueMany(task, inputs, options))
      },
    }
  }

  job(id: string, task?: AnyTask): JobHandle<never, never> {
    checkKey(id, 'id')
    const lazily = async () =>
      this.#handle(await this.#open(), { id, task: task?.name ?? '', outcome: 'duplicate' })
    return lazyHandle({ id, task: task?.name ?? '' }, lazily)
  }

  async why(id: string): Promise<Why> {
    return why(await this.store(), checkKey(id, 'id'), this.#clock.now())
  }

  async cancel(id: string, reason?: string): Promise<Acted['outcome']> {
    return this.job(id).cancel(reason)
  }

  async retry(id: string): Promise<Acted['outcome']> {
    const order = { verb: 'retry', ids: [checkKey(id, 'id')], by: 'application' } as const
    const [acted] = await (await this.store()).act(order)
    return acted?.outcome ?? 'gone'
  }

  async pause(queue: string, reason = 'paused by the application'): Promise<void> {
    const paused = { reason: checkReason(reason, 'reason'), by: 'application' }
    await (await this.store()).setQueues([{ name: checkName(queue, 'queue'), paused }])
  }

  async resume(queue: string): Promise<void> {
    await (await this.store()).setQueues([{ name: checkName(queue, 'queue'), paused: null }])
  }

  async limitQueue(queue: string, options: QueueLimitOptions | null): Promise<void> {
    await (await this.store()).setQueues([limitSetting(queue, options, 'application')])
  }

  async durability(): Promise<DurabilityReport> {
    return (await this.#open()).report
  }

  useStore(where: string): void {
    if (this.#opening)
      throw new WrongMoment('LW1204', 'useStore() came after the app had opened its store. Call it first.')
    this.#options = { ...this.#options, store: where }
  }

  async store(): Promise<Store> {
    return (await this.#open()).store
  }

  #handle(
    { store, lookout }: Opened,
    { id, task, outcome }: Pick<Accepted, 'id' | 'task' | 'outcome'>,
  ): JobHandle<never, never> {
    return jobHandle(
      { store, clock: this.#clock, lookout, wrapping: this.#payloads.wrapping },
      { id, task, duplicate: outcome !== 'created' },
    ) as JobHandle<never, never>
  }

  /** Of a job that was just written, so that the store is open, or was. */
  async #handleOf(enqueued: Accepted): Promise<JobHandle<never, never>> {
    return this.#handle((await this.#opening) as Opened, enqueued)
  }

  async #handlesOf(all: readonly Accepted[]): Promise<JobHandle<never, never>[]> {
    const opened = (await this.#opening) as Opened | undefined
    return opened ? all.map((one) => this.#handle(opened, one)) : []
  }

  /** Opens the store once; a failed attempt is not kept, so that a later call tries again. */
  #open(tx?: unknown): Promise<Opened> {
    if (this.#stopping) return Promise.reject(closed('the call'))
    this.#opening ??= this.#openNow(tx).catch((error) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #openNow(tx: unknown): Promise<Opened> {
    const { store: where } = this.#options
    const store = isStore(where) ? where : await openStore(where)
    const report = await store.open({ tx })
    // How often to look is no part of a test's time: a result must come without moving its clock.
    const lookout = new Lookout({ store, clock: realClock })
    return { store, report, lookout }
  }
}

interface Opened {
  readonly store: Store
  readonly report: DurabilityReport
  readonly lookout: Lookout
}

const closed = (what: string) =>
  new LegworkError('LW1006', `${what} came after stop(). Create a new app; one app has one life.`)

/** For the test kit: what an app does for which task, the schedules of its code, and what it says of its payloads. */
export const registryOf = (app: App): Registry => LegworkApp.inside(app).registry
export const declaredOf = (app: App): ReadonlyMap<string, Declared> => LegworkApp.inside(app).declared
export const payloadsOf = (app: App) => LegworkApp.inside(app).payloads

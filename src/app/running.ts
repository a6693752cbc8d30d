import type { Operator } from '../operate/operator.ts'
import type { Drivers } from '../operate/drivers.ts'
import type { PayloadRoom } from '../payload/room.ts'
import type { ScheduleDesk } from '../schedules/desk.ts'
import type { Clock } from '../job/clock.ts'
import { defaults } from '../job/defaults.ts'
import { toMs } from '../job/duration.ts'
import { WrongMoment } from '../job/errors.ts'
import type { Logger } from '../job/logger.ts'
import { type App, type AppOptions, checkStart, checkStop, type StartOptions } from '../surface.ts'
import type { RetentionOrder } from '../store/index.ts'
import { declareRetention } from '../upkeep/declare-retention.ts'
import { keepLimits, type MyLimits } from '../upkeep/declared-limits.ts'
import { keepTending } from '../upkeep/keep-tending.ts'
import { version } from '../version.ts'
import { aboutOf } from '../worker/about.ts'
import { guardRejections } from '../worker/guard.ts'
import { paceOf } from '../worker/pace.ts'
import { poolsFor } from '../worker/pools-for.ts'
import type { Registry } from '../worker/registry.ts'
import { Worker, type WorkerKit } from '../worker/worker.ts'
import type { HealthDesk } from './health.ts'
import type { Opening } from './opening.ts'
import { closed, type Phase } from './phase.ts'

interface RunningKit {
  readonly phase: Phase
  readonly opening: Opening
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  newId(): string
  readonly registry: Registry
  readonly desk: ScheduleDesk
  readonly health: HealthDesk
  readonly payloads: PayloadRoom
  readonly operator: Operator & Pick<Drivers, 'adopt' | 'end'>
  readonly limits: { readonly mine: readonly MyLimits[]; readonly deployedAt: number | undefined }
  readonly pace: AppOptions['pace']
  /** What the code says of retention. */
  readonly retention: RetentionOrder | undefined
}

/** The life of an app: its worker and its upkeep, from start to stop. */
export interface Running extends Pick<App, 'start' | 'stop'> {
  /** The id of the worker's present registration, once started. */
  workerId(): string | undefined
}

export function running(kit: RunningKit): Running {
  const { phase } = kit
  const live: Live = {}
  const hurry = new AbortController()
  let starting: Promise<void> | undefined
  let stopping: Promise<void> | undefined
  return {
    workerId: () => live.worker?.id,
    async start(options = {}) {
      const ready = readyToStart(kit, options)
      // Before the first await, so that a second start() in the same turn is refused, and stop() waits for this one.
      phase.isStarted = true
      starting = beginOrUndo(kit, ready, live)
      try {
        await starting
      } catch (error) {
        phase.isStarted = false
        throw error
      }
    },
    async stop(options = {}) {
      checkStop(options)
      const graceMs = toMs(options.grace ?? defaults.drainGraceMs, 'grace')
      options.hurry?.addEventListener('abort', () => hurry.abort(), { once: true })
      if (options.hurry?.aborted) hurry.abort()
      phase.isStopping = true
      stopping ??= end({ ...kit, live, starting }, graceMs, hurry.signal)
      return stopping
    },
  }
}

/** What goes on since an app began to start; of a start that failed, what it got to. */
interface Live {
  worker?: Worker
  stopTending?: () => Promise<void>
  stopLimits?: () => void
  unguard?: () => void
}

interface Ready
  extends Pick<
    WorkerKit,
    'leaseMs' | 'beatMs' | 'abortGraceMs' | 'poll' | 'pools' | 'handled' | 'onRegister'
  > {
  readonly isPreloading: boolean
}

/** Everything that can be refused, before anything begins. */
function readyToStart({ phase, registry, pace }: RunningKit, options: StartOptions): Ready {
  checkStart(options)
  if (phase.isStopping) throw closed('start()')
  if (phase.isStarted) throw new WrongMoment('LW1204', 'start() was called twice. Keep the first call.')
  if (registry.handled.size === 0)
    throw new WrongMoment(
      'LW1206',
      'start() was called on an app without handlers. Call app.handle(task, handler) first.',
    )
  const rhythm = paceOf(options, pace?.pollMs)
  const handled = registry.ready()
  const pools = poolsFor([...handled.values()], options)
  const onRegister = options.onRegister ?? (() => {})
  return { ...rhythm, handled, pools, onRegister, isPreloading: options.preload === true }
}

/** What a failed start had begun must not go on beside a later one. */
async function beginOrUndo(kit: RunningKit, ready: Ready, live: Live): Promise<void> {
  try {
    await begin(kit, ready, live)
  } catch (error) {
    await halt({ ...kit, live }, 0, AbortSignal.abort())
    for (const key of ['worker', 'stopTending', 'stopLimits', 'unguard'] as const) delete live[key]
    throw error
  }
}

async function begin(kit: RunningKit, { isPreloading, ...ready }: Ready, live: Live): Promise<void> {
  const { clock, random, log, newId, registry, desk, payloads, operator } = kit
  if (isPreloading) await registry.preload()
  const { store, report } = await kit.opening.open()
  await declareRetention(store, kit.retention, log)
  const schedules = await desk.prepare()
  const worker = new Worker({
    ...ready,
    ...{ store, clock, random, log, newId, wrapping: payloads.wrapping, ear: kit.health },
    about: () => ({ ...aboutOf(ready.pools, registry.handled, version), schedules, ...sayingLimits(kit) }),
  })
  await worker.start()
  live.worker = worker
  const tendMs = kit.pace?.tendMs
  const [everyMs, idleMs] = [tendMs ?? defaults.tendMs, tendMs ?? defaults.tendIdleMs]
  await desk.start({ store, report }, tendMs ?? defaults.schedulesMs)
  live.stopLimits = await keepLimits({ ...kit.limits, store, clock, log })
  const stops = [
    keepTending({ store, clock, random, everyMs, idleMs, adopt: operator.adopt }),
    payloads.keepSweeping(store),
  ]
  live.stopTending = async () => void (await Promise.all(stops.map((stop) => stop())))
  live.unguard = guardRejections(log)
}

/** For the other releases that are alive. */
const sayingLimits = ({ limits: { mine } }: RunningKit) =>
  mine.length > 0 && { limits: Object.fromEntries(mine.map(({ queue, digest }) => [queue, digest])) }

interface HaltKit extends RunningKit {
  readonly live: Live
}

interface EndKit extends HaltKit {
  readonly starting: Promise<void> | undefined
}

async function end(kit: EndKit, graceMs: number, hurry: AbortSignal): Promise<void> {
  const { starting, opening, operator, registry } = kit
  await starting?.catch(() => undefined)
  const opened = await opening.opened()?.catch(() => undefined)
  await halt(kit, graceMs, hurry)
  await operator.end()
  registry.close()
  opened?.lookout.close()
  await opened?.store.close()
}

/** Ends what a start began. */
async function halt({ live, desk }: HaltKit, graceMs: number, hurry: AbortSignal): Promise<void> {
  await desk.stop()
  live.stopLimits?.()
  await live.worker?.stop(graceMs, hurry)
  await live.stopTending?.()
  live.unguard?.()
}

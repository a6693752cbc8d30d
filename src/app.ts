import { acting } from './app/acting.ts'
import { declaring } from './app/declaring.ts'
import { enqueuing } from './app/enqueuing.ts'
import { healthDesk } from './app/health.ts'
import { isStore, opening } from './app/opening.ts'
import { newPhase } from './app/phase.ts'
import { running } from './app/running.ts'
import { declaredRetention } from './define/retention.ts'
import type { Declared } from './define/schedule.ts'
import { producer } from './enqueue/producer.ts'
import { declaredLimits } from './enqueue/queue-limits.ts'
import { toDeployedAt } from './job/deployed-at.ts'
import { InvalidOption } from './job/errors.ts'
import { idSource } from './job/id.ts'
import { calm } from './job/logger.ts'
import { operator } from './operate/operator.ts'
import { payloadRoom } from './payload/room.ts'
import { scheduleDesk } from './schedules/desk.ts'
import type { Store } from './store/index.ts'
import { type App, type AppOptions, checkApp, producing } from './surface.ts'
import { type Registry, registry } from './worker/registry.ts'
import { consoleLogger, environmentKeys, realClock, realRandom } from './world.ts'

/**
 * Makes an app on a store: a path, a URL, a store of your own, or nothing for `LEGWORK_URL` or `./.legwork/jobs.db`.
 * Nothing is opened before the first call that needs it.
 * @example
 * const app = legwork()
 */
export function legwork(where?: string | Store | AppOptions): App {
  const options = checkApp(typeof where === 'string' || isStore(where) ? { store: where } : where)
  const rooms = furnish(options)
  const { opening, clock, payloads, operator, desk, registry, store } = rooms
  const { adopt: _adopt, end: _end, ...operating } = operator
  const limits = { mine: declaredLimits(options.queues), deployedAt: toDeployedAt(options.deployedAt) }
  const life = running({ ...rooms, limits, pace: options.pace, retention: declaredRetention(options) })
  const jobs = enqueuing({ ...rooms, wrapping: payloads.wrapping })
  const app: App = {
    ...declaring({ ...rooms, app: () => app }),
    ...jobs,
    ...acting({ opening, clock, job: jobs.job }),
    ...operating,
    ...payloads.verbs(store),
    schedules: desk.control,
    start: life.start,
    stop: life.stop,
    health: () => rooms.health.read(),
    [Symbol.asyncDispose]: () => life.stop(),
    get workerId() {
      return life.workerId()
    },
    get tasks() {
      return new Map([...registry.handled].map(([name, { task }]) => [name, task]))
    },
  }
  told.set(app, { registry, declared: desk.declared, said: saidIn(options) })
  return app
}

/** The rooms of one app, each with what it needs of the others. */
function furnish(options: AppOptions) {
  const clock = options.clock ?? realClock
  const random = options.random ?? realRandom
  const log = calm(options.log ?? consoleLogger)
  const newId = idSource({ now: () => clock.now(), random })
  const phase = newPhase()
  const opens = opening(phase, options.store)
  let opened: Store | undefined
  const store = async () => {
    opened = (await opens.open()).store
    return opened
  }
  const handlers = registry({ clock, log })
  const payloads = payloadRoom({ keys: environmentKeys(), ...options }, clock)
  const shared = {
    open: store,
    clock,
    log,
    newId,
    wrapping: payloads.wrapping,
    taskOf: (name: string) => handlers.handled.get(name)?.task,
  }
  return {
    ...{ clock, random, log, newId, phase, store, payloads },
    opening: opens,
    health: healthDesk({ opening: opens, clock, phase }),
    registry: handlers,
    producer: producer({ ...shared, opened: () => opened, ...producing(options) }),
    desk: scheduleDesk({ ...shared, deployedAt: options.deployedAt }),
    operator: operator(shared),
  }
}

/** What an app was told before it started. */
interface Told {
  readonly registry: Registry
  readonly declared: ReadonlyMap<string, Declared>
  readonly said: Pick<AppOptions, 'keys' | 'redact' | 'blobs' | 'retention'>
}
const told = new WeakMap<App, Told>()

/** The same, for the test kit. @throws {InvalidOption} LW1201 */
export function toldOf(app: App): Told {
  const found = told.get(app)
  if (!found) throw new InvalidOption('app', app, 'an app made with legwork()')
  return found
}

/** What an app says of its payloads, for the command line; of an app of another copy of the library nothing is known. */
export function payloadsOf(app: App): Pick<AppOptions, 'keys' | 'redact' | 'blobs'> {
  const { retention: _, ...said } = told.get(app)?.said ?? {}
  return said
}

const saidIn = ({ keys, redact, blobs, retention }: AppOptions): Told['said'] => ({
  ...(keys !== undefined && { keys }),
  ...(redact && { redact }),
  ...(blobs && { blobs }),
  ...(retention !== undefined && { retention }),
})

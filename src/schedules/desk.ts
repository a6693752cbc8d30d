import { type Declared, declare, type ScheduleOptions } from '../define/schedule.ts'
import type { AnyTask } from '../define/task.ts'
import type { Clock } from '../job/clock.ts'
import { toDeployedAt } from '../job/deployed-at.ts'
import { InvalidOption } from '../job/errors.ts'
import type { Instant } from '../job/job.ts'
import type { Logger } from '../job/logger.ts'
import { encode } from '../job/payload.ts'
import { digestOf, type JobTemplate } from '../job/schedule.ts'
import type { Wrapping } from '../job/wrapping.ts'
import type { DurabilityReport, Store } from '../store/index.ts'
import { keepFiring } from '../upkeep/fire-schedules.ts'
import { isAgreed, type Mine, reconcile } from '../upkeep/reconcile-schedules.ts'
import { allOf } from './book.ts'
import { type ScheduleControl, scheduleControl } from './control.ts'
import { slotJobs } from './slot-jobs.ts'

export interface DeskKit {
  open(): Promise<Store>
  readonly clock: Clock
  readonly log: Logger
  newId(): string
  /** When this release was deployed, where the app says so. */
  readonly deployedAt: Date | number | string | undefined
  /** Tasks that this process handles. */
  taskOf(name: string): AnyTask | undefined
  readonly wrapping: Wrapping
}

/** What an app has to do with schedules: those that its code declares, those of the store, and firing both. */
export interface ScheduleDesk {
  readonly control: ScheduleControl
  readonly declared: ReadonlyMap<string, Declared>
  /** @throws {InvalidOption} LW1224 for a second one of the name, and all that `declare` refuses. */
  add(name: string, options: ScheduleOptions): void
  /** Makes ready what the code declares: name and digest of each. Rejects where an input does not fit its task. */
  prepare(): Promise<Readonly<Record<string, string>>>
  /** Brings code and store together, and fires from then on. */
  start(opened: Opened, everyMs: number): Promise<void>
  stop(): Promise<void>
}

/** A store with what it said when it was opened. */
interface Opened {
  readonly store: Store
  readonly report: DurabilityReport
}

export function scheduleDesk(kit: DeskKit): ScheduleDesk {
  const { clock, log } = kit
  const declared = new Map<string, Declared>()
  const now = () => clock.now()
  const jobs = slotJobs({ declared, taskOf: kit.taskOf, now, wrapping: kit.wrapping })
  const bring = bringing(log, toDeployedAt(kit.deployedAt))
  let mine: readonly Mine[] = []
  let firing: ReturnType<typeof keepFiring> | undefined
  const wake = () => firing?.wake()
  return {
    control: scheduleControl({ open: kit.open, newId: kit.newId, now, by: 'application', jobs, wake }),
    declared,
    add(name, options) {
      const one = declare(name, options, now())
      if (declared.has(name))
        throw new InvalidOption('schedule', name, 'a name that no other schedule of this app has', 'LW1224')
      declared.set(name, one)
    },
    async prepare() {
      mine = await Promise.all(
        [...declared.values()].map(async (one) => toMine(one, await jobs.template(one))),
      )
      return digestsOf(mine)
    },
    async start({ store, report }, everyMs) {
      warnOfClock(log, report)
      await bring(store, mine)
      const reconcileNow = () => bring(store, mine)
      const own = { makeJob: jobs.make, declared: digestsOf(mine), reconcile: reconcileNow, everyMs }
      firing = keepFiring({ store, clock, log, ...own })
    },
    stop: async () => firing?.stop(),
  }
}

function warnOfClock(log: Logger, { findings }: DurabilityReport): void {
  for (const { about, value, verdict } of findings)
    if (about === 'clock' && verdict !== 'good')
      log.warn(
        { code: 'LW2104' },
        `LW2104 the clock of this process is ${value} that holds the store; the store’s clock is used.`,
      )
}

const digestsOf = (mine: readonly Mine[]): Readonly<Record<string, string>> =>
  Object.fromEntries(mine.map(({ name, digest }) => [name, digest]))

/** Brings what the code says into the store; says once of each schedule that another release's word stands. */
function bringing(log: Logger, deployedAt: Instant | undefined) {
  const warned = new Set<string>()
  return async (store: Store, mine: readonly Mine[]): Promise<void> => {
    const stored = await allOf(store)
    if (isAgreed(mine, stored)) return
    const { now } = await store.schedules.due(0)
    const workers = (await store.workers()).filter(({ leaseEndsAt }) => leaseEndsAt > now)
    const { changes, refused } = reconcile({ mine, stored, workers, now, deployedAt })
    // Where somebody else was faster, the next time shows whether all is well.
    if (changes.length > 0) await store.schedules.set(changes)
    for (const name of refused.filter((one) => !warned.has(one)))
      log.warn(
        { code: 'LW2105', schedule: name },
        `LW2105 schedule ${name}: another release that is alive or newer declares it differently, and its word stands. Set deployedAt in legwork({ … }), so that the newer release is known.`,
      )
    warned.clear()
    for (const name of refused) warned.add(name)
  }
}

/** The digest leaves out what an encryption would make different each time, and reads the input itself instead. */
function toMine({ name, frame, input }: Declared, job: JobTemplate): Mine {
  const { payload, ...rest } = job
  const said = payload === undefined ? 'made by a function' : encode(input, `the input of schedule ${name}`)
  return { name, plan: { ...frame, job }, digest: digestOf(JSON.stringify([frame, rest, said])) }
}

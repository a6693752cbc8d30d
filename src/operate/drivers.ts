import type { AnyTask } from '../define/task.ts'
import { type Bulk, isOpen } from '../job/bulk.ts'
import { type Clock, sleep } from '../job/clock.ts'
import { toErrorInfo } from '../job/failure.ts'
import type { Logger } from '../job/logger.ts'
import type { Wrapping } from '../job/wrapping.ts'
import type { Store } from '../store/index.ts'
import { drive, type DriveKit, type EditJobs } from './drive.ts'
import { type AnyEdit, newPayload } from './edit.ts'

export interface OperatorKit {
  open(): Promise<Store>
  readonly clock: Clock
  readonly log: Logger
  newId(): string
  taskOf(name: string): AnyTask | undefined
  readonly wrapping: Wrapping
  /** Who asks, for the audit log. Default `application`. */
  readonly by?: string
}

/** The operations that this process drives, in the background. */
export interface Drivers extends Pick<OperatorKit, 'open' | 'clock'> {
  readonly by: string
  /** How this process is known to the others. */
  readonly name: () => string
  take(store: Store, bulk: Bulk, edit?: AnyEdit): void
  /** Lets it go on, driven here. */
  resume(id: string, edit: AnyEdit | undefined): Promise<Bulk | undefined>
  /** Tells how an operation stands after each step that this process takes; the answer takes it back. */
  hear(id: string, tell: (bulk: Bulk) => void): () => void
  /** Resolves when this process drives it no more; `undefined` where it does not. */
  ended(id: string): Promise<void> | undefined
  /** Drives operations of others that nobody drives. */
  adopt(ids: readonly string[]): void
  /** Ends driving: what needs this process’s code is stopped, the rest goes on elsewhere. */
  end(): Promise<void>
}

interface Driving {
  readonly over: AbortController
  readonly ended: Promise<void>
}

export function driversOf(kit: OperatorKit): Drivers {
  const { clock, log, by = 'application' } = kit
  const driving = new Map<string, Driving>()
  const hearers = new Map<string, Set<(bulk: Bulk) => void>>()
  let own = ''
  const name = () => (own ||= kit.newId())

  const take: Drivers['take'] = (store, bulk, edit) => {
    const { id } = bulk
    if (driving.has(id)) return
    const over = new AbortController()
    const hear = (now: Bulk) => {
      for (const tell of hearers.get(id) ?? []) tell(now)
    }
    const drivingKit = { store, clock, driver: name(), signal: over.signal, hear }
    const ended = driveToEnd({ ...drivingKit, ...(edit && { edit: editsWith(kit, store, edit) }) }, bulk)
      .catch((error: unknown) => {
        const { message } = toErrorInfo(error)
        log.warn({ bulk: id, error }, `bulk operation ${id} is not driven here any more: ${message}`)
      })
      .finally(() => driving.delete(id))
    driving.set(id, { over, ended })
  }

  return {
    ...{ open: () => kit.open(), clock, by, name, take },
    async resume(id, edit) {
      const store = await kit.open()
      await driving.get(id)?.ended
      const bulk = await store.bulk.set({ id, to: 'running', by, driver: name() })
      if (bulk) take(store, bulk, edit)
      return bulk
    },
    hear(id, tell) {
      hearers.set(id, (hearers.get(id) ?? new Set()).add(tell))
      return () => void hearers.get(id)?.delete(tell)
    },
    ended: (id) => driving.get(id)?.ended,
    adopt(ids) {
      const free = ids.filter((id) => !driving.has(id))
      if (free.length === 0) return
      const taken = kit.open().then(async (store) => {
        for (const bulk of await store.bulk.list(free)) take(store, bulk)
      })
      // The next turn of upkeep finds them again.
      taken.catch(() => {})
    },
    async end() {
      for (const { over } of driving.values()) over.abort()
      await Promise.all([...driving.values()].map(({ ended }) => ended))
    },
  }
}

/** A store that fails for a moment does not end a long operation. */
async function driveToEnd(kit: DriveKit, bulk: Bulk): Promise<void> {
  let last = bulk
  let failures = 0
  const hear = (now: Bulk) => {
    last = now
    failures = 0
    kit.hear?.(now)
  }
  for (;;) {
    try {
      last = await drive({ ...kit, hear }, last)
      break
    } catch (error) {
      failures += 1
      if (failures > 5 || kit.signal.aborted) throw error
      await sleep(kit.clock, 200 * 2 ** failures, kit.signal)
    }
  }
  const isOrphan = kit.signal.aborted && last.needsCode === true && isOpen(last.state)
  const note = 'the process that had its code has ended'
  if (isOrphan) await kit.store.bulk.set({ id: last.id, to: 'stopped', by: last.by, note })
}

const editsWith =
  (kit: OperatorKit, store: Store, edit: AnyEdit): EditJobs =>
  async (jobs) => {
    const found = await store.get(jobs.map(({ id }) => id))
    const made = await Promise.all(
      jobs.map(async (job, i) => {
        const now = found[i]
        // One that is gone meanwhile is skipped by the step itself.
        if (!now) return job
        try {
          return { ...job, ...(await newPayload(now, edit, kit.taskOf(now.task), kit.wrapping)) }
        } catch (error) {
          const { message } = toErrorInfo(error)
          kit.log.warn({ job: job.id }, `job ${job.id} stays dead, for its edit failed: ${message}`)
          return undefined
        }
      }),
    )
    return made.filter((job) => job !== undefined)
  }

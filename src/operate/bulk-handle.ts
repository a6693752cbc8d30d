import { type Bulk, isOpen } from '../job/bulk.ts'
import { sleep } from '../job/clock.ts'
import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption, JobFailed, LegworkError, WrongMoment } from '../job/errors.ts'
import { checkKnown, checkReason } from '../job/name.ts'
import type { Store } from '../store/index.ts'
import type { Drivers } from './drivers.ts'
import type { AnyEdit } from './edit.ts'

/** How far a bulk operation has come. */
export interface BulkProgress {
  readonly id: string
  readonly kind: Bulk['kind']
  /**
   * `running` · `canary`: waits until its first jobs are completed · `stopped`: `note` says why, and `resume()` goes on ·
   * `done`.
   */
  readonly state: Bulk['state']
  /** How many there are to do; an estimate where `isEstimate`. */
  readonly total: number
  readonly isEstimate: boolean
  readonly done: number
  /** No longer dead when their turn came. */
  readonly skipped: number
  /** Left dead, because the edit failed for them. */
  readonly failed: number
  /** What was asked for, in jobs a second. */
  readonly rate?: number
  /** Only the process that has the edit function can drive it. */
  readonly needsCode: boolean
  readonly by: string
  readonly startedAt: Date
  readonly endedAt?: Date
  readonly note?: string
}

/** A bulk operation from outside. It goes on without this process, unless it needs the code of an edit. */
export interface BulkHandle {
  readonly id: string
  progress(): Promise<BulkProgress>
  /** Stops it durably: no process goes on until somebody resumes it. */
  stop(reason?: string): Promise<BulkProgress>
  /** Goes on from where it was, driven by this process. One that needs code needs its `edit` again. */
  resume(options?: { readonly edit?: AnyEdit }): Promise<BulkProgress>
  /** Resolves when it is done or stopped. @throws {JobFailed} LW2203 when that takes longer than `timeout`. */
  wait(options?: BulkWait): Promise<BulkProgress>
}
export interface BulkWait {
  readonly timeout?: Duration
  readonly signal?: AbortSignal
  /** Hears of every change that is seen. */
  readonly hear?: (progress: BulkProgress) => void
}

export const toProgress = (bulk: Bulk): BulkProgress => ({
  id: bulk.id,
  kind: bulk.kind,
  state: bulk.state,
  // What was counted on the way is better known than what was counted at the start.
  total: bulk.state === 'done' ? bulk.done + bulk.skipped + bulk.failed : bulk.total,
  isEstimate: bulk.isEstimate && bulk.state !== 'done',
  done: bulk.done,
  skipped: bulk.skipped,
  failed: bulk.failed,
  ...(bulk.perSecond !== undefined && { rate: bulk.perSecond }),
  needsCode: bulk.needsCode === true,
  by: bulk.by,
  startedAt: new Date(bulk.startedAt),
  ...(bulk.endedAt !== undefined && { endedAt: new Date(bulk.endedAt) }),
  ...(bulk.note !== undefined && { note: bulk.note }),
})

async function look(store: Store, id: string): Promise<Bulk> {
  const [bulk] = await store.bulk.list([id])
  if (!bulk) throw new LegworkError('LW2312', `there is no bulk operation ${id}.`, { id })
  return bulk
}

/** The handle of an operation that the store knows. */
export function bulkHandle(drivers: Drivers, id: string): BulkHandle {
  return {
    id,
    progress: async () => toProgress(await look(await drivers.open(), id)),
    async stop(reason = `by ${drivers.by}`) {
      const store = await drivers.open()
      await store.bulk.set({ id, to: 'stopped', by: drivers.by, note: checkReason(reason, 'reason') })
      await drivers.ended(id)
      return toProgress(await look(store, id))
    },
    resume: (options = {}) => resume(drivers, id, options),
    wait: (options = {}) => untilOver(drivers, id, options),
  }
}

async function resume(
  drivers: Drivers,
  id: string,
  options: { readonly edit?: AnyEdit },
): Promise<BulkProgress> {
  checkKnown(options, ['edit'], 'resume option')
  const { edit } = options
  const store = await drivers.open()
  const before = await look(store, id)
  if (before.state === 'done') return toProgress(before)
  if (before.needsCode && !edit)
    throw new WrongMoment(
      'LW2311',
      `bulk operation ${id} edits the jobs, so only code can go on with it: app.bulk('${id}').resume({ edit }).`,
      { id },
    )
  if (edit && !before.needsCode)
    throw new InvalidOption('edit', edit, `nothing: bulk operation ${id} was started without an edit`)
  return toProgress((await drivers.resume(id, edit)) ?? before)
}

/** How often an operation that another process drives is looked at. */
const lookMs = 250

async function untilOver(drivers: Drivers, id: string, options: BulkWait): Promise<BulkProgress> {
  checkKnown(options, ['timeout', 'signal', 'hear'], 'option of this wait')
  const { timeout, signal, hear = () => {} } = options
  const { clock } = drivers
  const endsAt = timeout === undefined ? Infinity : clock.now() + toMs(timeout, 'timeout')
  const store = await drivers.open()
  const leave = drivers.hear(id, (bulk) => hear(toProgress(bulk)))
  try {
    for (;;) {
      signal?.throwIfAborted()
      const bulk = await look(store, id)
      hear(toProgress(bulk))
      if (!isOpen(bulk.state)) return toProgress(bulk)
      if (clock.now() >= endsAt)
        throw new JobFailed('LW2203', `bulk operation ${id} was not over in time; it goes on.`, { id })
      // Whoever drives it here tells sooner than a look would.
      const pause = sleep(clock, Math.min(lookMs, endsAt - clock.now()), signal)
      await Promise.race([drivers.ended(id) ?? pause, pause])
    }
  } finally {
    leave()
  }
}

/** The handle of an operation that had nothing to do, and was not written down. */
export function emptyHandle(
  progress: Pick<BulkProgress, 'id' | 'kind' | 'by' | 'needsCode' | 'startedAt'>,
): BulkHandle {
  const { startedAt } = progress
  const counts = { total: 0, isEstimate: false, done: 0, skipped: 0, failed: 0 }
  const note = 'no dead letter fits the filter'
  const tell = async (): Promise<BulkProgress> => ({
    ...progress,
    ...counts,
    state: 'done',
    endedAt: startedAt,
    note,
  })
  return { id: progress.id, progress: tell, stop: tell, resume: tell, wait: tell }
}

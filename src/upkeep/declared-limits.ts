import type { Clock } from '../job/clock.ts'
import { toErrorInfo } from '../job/failure.ts'
import type { DeclaredLimits, QueueLimits } from '../job/intake.ts'
import type { Instant } from '../job/job.ts'
import type { Logger } from '../job/logger.ts'
import type { Count, QueueSetting, Store, WorkerView } from '../store/index.ts'

/** What this process's code says of a queue; `null`: that it has no limits. */
export interface MyLimits {
  readonly queue: string
  readonly limits: QueueLimits | null
  readonly digest: string
}

interface Declaring {
  readonly mine: readonly MyLimits[]
  /** When this release was deployed, where it says so. */
  readonly deployedAt: Instant | undefined
}

interface LimitsKit extends Declaring {
  readonly store: Pick<Store, 'counts' | 'workers' | 'setQueues' | 'schedules'>
  readonly clock: Clock
  readonly log: Logger
}

/** A release that has gone says nothing: so often is looked whether this one's word may stand now. */
const againMs = 30_000

/**
 * Brings the limits that code declares into the store: once, and again while another release's word stands.
 * The answer ends that. @throws what the store throws at the first time.
 */
export async function keepLimits(kit: LimitsKit): Promise<() => void> {
  const { clock, log } = kit
  let isOver = false
  let stopTimer = (): void => {}
  const plan = (refused: readonly string[]): void => {
    if (refused.length > 0 && !isOver) stopTimer = clock.after(againMs, () => void turn(), { idle: true })
  }
  const turn = async (): Promise<void> => {
    try {
      plan(await bring(kit))
    } catch (error) {
      log.error(
        { err: toErrorInfo(error) },
        'the store did not take the limits that code declares; trying again',
      )
      plan(kit.mine.map(({ queue }) => queue))
    }
  }
  const refused = await bring(kit)
  for (const queue of refused)
    log.warn(
      { code: 'LW2107', queue },
      `LW2107 queue ${queue}: another release that is alive or newer declares other limits, and its word stands. Set deployedAt in legwork({ … }), so that the newer release is known.`,
    )
  plan(refused)
  return () => {
    isOver = true
    stopTimer()
  }
}

/** The queues of which another release says something else, and keeps the word. */
async function bring({ store, mine, deployedAt }: LimitsKit): Promise<readonly string[]> {
  if (mine.length === 0) return []
  const { now } = await store.schedules.due(0)
  const [counts, all] = await Promise.all([store.counts(mine.map(({ queue }) => queue)), store.workers()])
  const workers = all.filter(({ leaseEndsAt }) => leaseEndsAt > now)
  const { settings, refused } = reconcileLimits({ mine, deployedAt, counts, workers })
  if (settings.length > 0) await store.setQueues(settings)
  return refused
}

/**
 * What to write. The same words again change nothing, so what a person has set since stands until the code says something
 * new; and of two releases that are alive at once only the one that was deployed later overwrites the other.
 */
export function reconcileLimits({
  mine,
  deployedAt,
  counts,
  workers,
}: Declaring & { readonly counts: readonly Count[]; readonly workers: readonly WorkerView[] }) {
  const settings: QueueSetting[] = []
  const refused: string[] = []
  for (const { queue, limits, digest } of mine) {
    const before = counts.find((count) => count.queue === queue)?.declared
    if (before?.digest === digest) continue
    if (before && !mayOverwrite(before, { queue, workers, deployedAt })) refused.push(queue)
    else
      settings.push({
        name: queue,
        limits: limits && { ...limits, by: 'code' },
        declared: {
          digest,
          ...(deployedAt !== undefined && { deployedAt }),
          ...(before && { instead: before.digest }),
        },
      })
  }
  return { settings, refused }
}

function mayOverwrite(
  before: DeclaredLimits,
  {
    queue,
    workers,
    deployedAt,
  }: {
    readonly queue: string
    readonly workers: readonly WorkerView[]
    readonly deployedAt: Instant | undefined
  },
): boolean {
  if (before.deployedAt !== undefined && deployedAt !== undefined) return deployedAt > before.deployedAt
  return !workers.some(({ limits }) => limits?.[queue] === before.digest)
}

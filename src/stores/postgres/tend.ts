import { type Bulk, isDriven } from '../../job/bulk.ts'
import { defaults } from '../../job/defaults.ts'
import { toErrorInfo } from '../../job/failure.ts'
import type { WorkerId } from '../../job/job.ts'
import { afterLoss, isWatched, lossText } from '../../job/loss.ts'
import { codeOf, onCrashes } from '../../store/codes.ts'
import type { Tended } from '../../store/contract.ts'
import type { Engine } from './engine.ts'
import { trim } from './retain.ts'
import { groupRow } from './settle.ts'

const { keep } = defaults

const overdueCause = 'its lease ran out: the process died, froze, or lost the store'

/** What tend-v1.sql answers. */
interface Chores {
  /** Nothing was done, for a lease is overdue. */
  readonly isOverdue?: true
  readonly now: number
  readonly promoted: number
  readonly expired: number
  readonly removed: number
  readonly open: readonly string[] | null
  /** The policy of retention. */
  readonly standing: string | null
  /** There is more to look at: what ended before the policy was set, or is over. */
  readonly walks: boolean
}

/** A bounded piece of upkeep: what time alone has changed, at most `budget` rows of each kind. One statement where nothing is due. */
export async function tend(e: Engine, budget: number): Promise<Tended> {
  const ask = {
    ...{
      budget,
      forgetMs: keep.failures.ageMs,
      workers: keep.goneWorkers,
      acts: keep.audit,
      bulks: keep.bulks,
    },
    samples: keep.samples,
  }
  const first = await e.call<Chores>('tend_v1', { ...ask, unlessOverdue: true })
  const lapsed = first.isOverdue ? await lapseOverdue(e, budget) : 0
  const {
    now,
    promoted,
    expired,
    removed: over,
    open,
    standing,
    walks,
  } = first.isOverdue ? await e.call<Chores>('tend_v1', ask) : first
  const trimmed = standing === null ? 0 : await trim(e, standing, budget - over)
  const removed = over + trimmed
  // A record is what bulk.ts wrote.
  const free = (open ?? [])
    .map((text) => JSON.parse(text) as Bulk)
    .filter((bulk) => bulk.needsCode !== true && !isDriven(bulk, now))
  return {
    ...{ promoted, lapsed, expired, removed },
    ...(free.length > 0 && { undriven: free.map(({ id }) => id) }),
    more: walks || [promoted, lapsed, expired, removed].some((n) => n >= budget),
  }
}

/** The columns of held-v1.sql. */
type HeldRow = readonly [
  seq: number,
  fence: number,
  losses: number,
  failures: number,
  maxAttempts: number,
  onCrash: number | null,
  suspect: boolean | null,
  expiresAt: number | null,
  hasBegun: boolean | null,
  cancelRequested: string | null,
]
interface Holder {
  readonly worker: WorkerId
  readonly jobs: readonly HeldRow[]
  readonly tellsBegin: boolean
  readonly ending: boolean
  /** It holds nothing besides these. */
  readonly isAll: boolean
}

interface Whose {
  readonly workers?: readonly WorkerId[]
  readonly overdue?: true
  readonly budget: number
  readonly cause: string
  /** A person or a shutdown ended them, which is no crash. */
  readonly ending?: boolean
}

/** Takes jobs away from workers whose lease ran out. */
export const lapseOverdue = (e: Engine, budget: number): Promise<number> =>
  takeAway(e, { overdue: true, budget, cause: overdueCause })

/** Takes all jobs of these workers away: a loss, which is no failure. */
export const lapse = (
  e: Engine,
  workers: readonly WorkerId[],
  { cause, ending = false }: { readonly cause: string; readonly ending?: boolean | undefined },
): Promise<number> =>
  workers.length === 0 ? Promise.resolve(0) : takeAway(e, { workers, budget: 2 ** 31 - 1, cause, ending })

/** The registration goes with the last of its jobs; until then its lease, which ran out, keeps it from coming back. */
async function takeAway(e: Engine, { cause, ending = false, ...whose }: Whose): Promise<number> {
  return e.atomically(async (call) => {
    const { now, workers } = await call<{ now: number; workers: readonly Holder[] }>('held_v1', whose)
    if (workers.length === 0) return 0
    const jobs = workers.flatMap((holder) =>
      holder.jobs.map((row) => lossRow(row, { now, holder, cause, isEnding: ending || holder.ending })),
    )
    return call<number>('lapse_v1', {
      at: now,
      jobs,
      workers: workers.filter(({ isAll }) => isAll).map(({ worker }) => worker),
    })
  })
}

interface Loss {
  readonly now: number
  readonly holder: Holder
  readonly cause: string
  readonly isEnding: boolean
}

/** A loss with all that is decided about it, as lapse-v1.sql reads it. */
function lossRow(row: HeldRow, { now, holder, cause, isEnding }: Loss): object {
  const [seq, , losses, failures, maxAttempts, code, suspect, expiresAt, begun, cancel] = row
  const onCrash = onCrashes[code ?? 0] ?? 'retry'
  const isWatching = holder.tellsBegin && isWatched({ onCrash, losses })
  const hasBegun = !isWatching || begun === true
  const lost = {
    ...{ losses, failures, maxAttempts, onCrash, suspect: suspect === true, hasBegun, isEnding },
    expiresAt: expiresAt ?? undefined,
    cancelRequested: cancel ?? undefined,
  }
  const message = lossText(holder.worker, cause, { hasBegun })
  const { state, reason, ...next } = afterLoss(lost, now)
  const error = JSON.stringify(toErrorInfo({ name: 'WorkerLost', code: 'LW2009', message }))
  return {
    ...{ seq, ...next, to: codeOf[state], reason, error },
    ...(state === 'dead' && { g: groupRow(reason, undefined) }),
  }
}

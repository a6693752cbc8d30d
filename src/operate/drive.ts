import { type Bulk, type BulkStep, driveMs, isDriven, isOpen, judge, stepSize, waitMs } from '../job/bulk.ts'
import { type Clock, sleep } from '../job/clock.ts'
import type { Store } from '../store/index.ts'

export interface DriveKit {
  readonly store: Store
  readonly clock: Clock
  /** Names this process to the others. */
  readonly driver: string
  readonly signal: AbortSignal
  /** Changes the payloads of a step's jobs, where the operation needs code. */
  readonly edit?: EditJobs
  /** Hears how it stands after each step. */
  readonly hear?: (bulk: Bulk) => void
}

/** Gives the jobs with their new payloads, without those for which that failed. */
export type EditJobs = (jobs: BulkStep['jobs']) => Promise<BulkStep['jobs']>

/**
 * Takes one step after the other until the operation is over or stopped, another process drives it, or the signal
 * fires. A step is one write, so whenever this ends, another process goes on where it was. Gives how it stood last.
 */
export async function drive(kit: DriveKit, from: Bulk): Promise<Bulk> {
  let bulk = from
  while (!kit.signal.aborted && isOpen(bulk.state) && isMine(kit, bulk)) {
    const pauseMs = Math.max(waitMs(bulk, kit.clock.now()), 0)
    // Not longer than the hold on the operation lasts.
    if (pauseMs > driveMs / 3) {
      await sleep(kit.clock, driveMs / 3, kit.signal)
      bulk = await send(kit, bulk, rest(kit, bulk))
    } else {
      await sleep(kit.clock, pauseMs, kit.signal)
      if (!kit.signal.aborted) bulk = await turn(kit, bulk)
    }
    kit.hear?.(bulk)
  }
  return bulk
}

function isMine({ driver, clock, edit }: DriveKit, bulk: Bulk): boolean {
  if (bulk.driver === driver) return bulk.needsCode !== true || edit !== undefined
  return bulk.needsCode !== true && !isDriven(bulk, clock.now())
}

/** A look at the canaries, or the next jobs. */
async function turn(kit: DriveKit, bulk: Bulk): Promise<Bulk> {
  if (bulk.state !== 'canary') return send(kit, bulk, await nextStep(kit, bulk))
  const verdict = judge(await kit.store.get(bulk.canaries))
  if (verdict.canary === undefined) await sleep(kit.clock, canaryMs, kit.signal)
  return send(kit, bulk, { ...rest(kit, bulk), ...verdict })
}

/** How often the canaries are looked at. */
const canaryMs = 250

/** Jobs whose payloads are read at once: each may be a megabyte. */
const editedMax = 20

async function nextStep({ store, driver, edit }: DriveKit, bulk: Bulk): Promise<BulkStep> {
  const { id, cursor: from, filter, upTo } = bulk
  const limit = Math.min(stepSize(bulk), edit ? editedMax : Infinity)
  const { jobs, to, isEnd } = await store.bulk.page({ filter, after: from, upTo, limit })
  const edited = edit ? await edit(jobs) : jobs
  const failed = jobs.length - edited.length
  return { id, driver, from, to, jobs: edited, isEnd, ...(failed > 0 && { failed }) }
}

/** Says that the driver lives, and nothing else. */
const rest = ({ driver }: DriveKit, { id, cursor }: Bulk): BulkStep => ({
  ...{ id, driver, from: cursor, to: cursor },
  jobs: [],
})

async function send({ store, clock, signal }: DriveKit, bulk: Bulk, step: BulkStep): Promise<Bulk> {
  const { outcome, bulk: after } = await store.bulk.step(step)
  // Gone: somebody has removed its row. Nothing is left to drive.
  if (!after) return { ...bulk, state: 'stopped', note: 'it is no longer in the store' }
  if (outcome !== 'applied' && after.cursor === bulk.cursor) await sleep(clock, 20, signal)
  return after
}

import type { Clock } from '../job/clock.ts'
import type { ClaimedJob } from '../job/job.ts'
import type { Claimed } from '../store/index.ts'
import type { Run } from './current-run.ts'
import { newPool, type Pool } from './pool.ts'

/** Makes room in this process for suspects, which must run with nothing beside them. */
export interface Quarantine {
  /** The one slot in which suspects run. */
  readonly cell: Pool
  /** The pools that may claim now: the worker's own; none while their jobs end; then the cell. */
  readonly pools: readonly Pool[]
  /** Hears an answer of the store, and says which job goes where. What would break the solitude is given back. */
  place(claimed: Claimed): readonly (readonly [Pool, readonly ClaimedJob[]])[]
}

export interface QuarantineKit {
  readonly pools: readonly Pool[]
  readonly clock: Clock
  /** What runs, also as a part of a batch, which takes one slot for many. */
  runs(): Iterable<Pick<Run, 'job'>>
  giveBack(jobs: readonly ClaimedJob[], reason: string): void
}

/** A worker waits this long for its jobs to end before it takes new ones again; each time in vain doubles it. */
const patienceMs = 10_000
/** Suspects run one after the other for this long before the others have their turn. */
const sessionMs = 1_000
/** A worker that made room in vain does not do so again for this long. */
const vainMs = 1_000

/**
 * Lets the worker's jobs end, lets one suspect after the other run, and goes on. Half of the time at most goes to suspects, so
 * neither side starves.
 */
export function quarantine({ pools: own, clock, runs, giveBack }: QuarantineKit): Quarantine {
  const queues = own.flatMap((pool) => pool.queues)
  const cell: Pool = { ...newPool(queues, 1), alone: true }
  let patience = patienceMs
  /** Since when the worker's own pools claim nothing. */
  let closedAt: number | undefined
  /** Since when nothing runs, so that suspects can. */
  let emptyAt: number | undefined
  let hasRun = false
  /** The store had no suspect for this worker. */
  let isVain = false
  /** No room is made before; a rest of which nobody makes use may be cut short. */
  let notBefore = -Infinity
  let restUntil = -Infinity

  /** A handler that was given up still runs, and may be the culprit too. */
  const isEmpty = () =>
    cell.leaked === 0 &&
    own.every(({ running, buffer, leaked }) => running + buffer.length + leaked === 0) &&
    ![...runs()].some(({ job }) => job.suspect !== true)
  const isTaken = () =>
    cell.running + cell.buffer.length > 0 ||
    (closedAt !== undefined && [...runs()].some(({ job }) => job.suspect === true))

  function close(isIdle: boolean): void {
    const now = clock.monotonic()
    if (closedAt !== undefined || now < notBefore || (now < restUntil && !isIdle)) return
    // It would wait for a handler that does not hear.
    if (cell.leaked > 0 || own.some(({ leaked }) => leaked > 0)) return
    closedAt = now
    hasRun = isVain = false
    cell.isHungry = true
  }

  function open(now: number): void {
    restUntil = now + now - (closedAt ?? now)
    closedAt = emptyAt = undefined
    for (const pool of own) pool.isHungry = true
  }

  /** Goes on with the other jobs when it was in vain, or when suspects have had their time. */
  function openWhenOver(): void {
    const now = clock.monotonic()
    if (closedAt === undefined || isTaken()) return
    if (!isEmpty()) {
      if (now - closedAt < patience) return
      patience *= 2
      return open(now)
    }
    patience = patienceMs
    emptyAt ??= now
    if (isVain && !hasRun) notBefore = now + vainMs
    if (isVain || now - emptyAt >= sessionMs) open(now)
  }

  return {
    cell,
    get pools() {
      openWhenOver()
      if (isTaken()) return []
      if (closedAt === undefined) return own
      return isEmpty() ? [cell] : []
    },
    place({ jobs, suspects }) {
      const isAlone = jobs.length === 1 && jobs[0]?.suspect === true && isEmpty() && !isTaken()
      if (isAlone) {
        hasRun = true
        closedAt ??= clock.monotonic()
        return [[cell, jobs]]
      }
      // Who asks for the cell is not hungry until it has its answer.
      isVain ||= closedAt !== undefined && jobs.length === 0 && !cell.isHungry && isEmpty()
      const strays = jobs.filter(({ suspect }) => suspect === true || isTaken())
      if (strays.length > 0) giveBack(strays, 'a suspect must run alone')
      const others = jobs.filter((job) => !strays.includes(job))
      if (suspects) close(others.length === 0 && isEmpty())
      // Each to its own pool: what is delivered again may come with the answer to another pool's claim.
      return own.map((pool) => [pool, others.filter(({ queue }) => pool.queues.includes(queue))] as const)
    },
  }
}

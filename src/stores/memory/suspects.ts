import { isLoss, survives, trialMs } from '../../job/loss.ts'
import { canRun } from '../../job/known.ts'
import type { Previous, Settlement } from '../../job/job.ts'
import type { Ask } from '../../store/index.ts'
import { suspectLane } from './lane.ts'
import { isHeld } from './lease.ts'
import { readyOf, type Row, type Tables } from './tables.ts'

/** Whether this worker should make room for a suspect: one waits, and nobody else has lately begun with one. */
export function suspectsWait(s: Tables, ask: Ask): boolean {
  const waits = ask.queues.some(
    ({ name, limit }) =>
      ask.limit > 0 &&
      limit > 0 &&
      !s.paused.has(name) &&
      readyOf(s, suspectLane(name)).some(({ job }) => canRun(ask.tasks, job)),
  )
  const since = s.clock.now() - trialMs
  const isTaken = ({ suspect, holder = '', startedAt = 0 }: Row) =>
    suspect === true && holder !== ask.worker && startedAt > since && isHeld(s, holder)
  return waits && ![...s.running].some(isTaken)
}

/** How many jobs at once: a suspect comes alone. */
export const mostOf = (ask: Ask): number => (ask.alone ? Math.min(1, ask.limit) : ask.limit)

/** A loss that the worker itself tells of; or a run that was survived, which ends a suspicion. */
export function countLoss(row: Row, settlement: Settlement): void {
  if (isLoss(settlement)) row.losses += 1
  if (survives(settlement)) row.suspect = false
}

/** What the attempt before came to. */
export function previousOf({ attempts }: Row): { previous?: Previous } {
  const last = attempts.at(-1)
  if (!last) return {}
  const { outcome, endedAt, worker, error, reason } = last
  return { previous: { outcome, endedAt, worker, ...(error && { error }), ...(reason && { reason }) } }
}

import {
  type Came,
  type Intake,
  type QueueLimits,
  takenIn,
  turnedAway,
  turnedFrom,
} from '../../job/intake.ts'
import type { NewJob, Refusal } from '../../job/job.ts'
import type { Engine } from './engine.ts'

/** The columns of a queue's limits. */
export interface LimitRow {
  readonly max_waiting: number | null
  readonly rate_max: number | null
  readonly rate_every_ms: number | null
}

/** The columns of `queue-limited.sql`. */
interface LimitedRow extends LimitRow {
  readonly name: string
  readonly id: number
  readonly came: string | null
  readonly waiting: number
}

export function limitsOf({ max_waiting, rate_max, rate_every_ms }: LimitRow): QueueLimits {
  const rate = rate_max !== null && rate_every_ms !== null && { max: rate_max, everyMs: rate_every_ms }
  return { ...(max_waiting !== null && { maxWaiting: max_waiting }), ...(rate && { enqueueRate: rate }) }
}

/** The limits of the queues for one enqueue, and how full it makes them. */
export interface Gatekeeper {
  watches(queue: string): boolean
  /** Why a new job is refused; or `undefined`, and it is counted. */
  turnAway(job: NewJob): Refusal | undefined
  write(): void
}

/** `undefined` where no queue has a limit, which is one look at an empty index. */
export function gatekeeper(e: Engine): Gatekeeper | undefined {
  const rows = e.statement('queueLimited').all() as unknown as LimitedRow[]
  if (rows.length === 0) return undefined
  const now = e.time.now()
  const limited = new Map(rows.map((row) => [row.name, { id: row.id, limits: limitsOf(row) }]))
  const intakes = new Map<string, Intake>(
    rows.map((row) => [row.name, { waiting: row.waiting, came: cameOf(row) }]),
  )
  const changed = new Set<string>()
  return {
    watches: (queue) => limited.has(queue),
    turnAway({ queue }) {
      const one = limited.get(queue)
      const intake = intakes.get(queue)
      if (!one || !intake) return undefined
      const away = turnedAway(queue, one.limits, { intake, now })
      if (away) {
        intakes.set(queue, turnedFrom(intake))
        return away
      }
      intakes.set(queue, takenIn(one.limits, intake, now))
      if (one.limits.enqueueRate) changed.add(queue)
      return undefined
    },
    write() {
      for (const name of changed) {
        const came = (intakes.get(name)?.came ?? []).map(({ at, n }) => [at, n])
        e.statement('queueCame').run(limited.get(name)?.id ?? 0, JSON.stringify(came))
      }
    },
  }
}

/** What this store wrote: instants and how many jobs came at each. */
const cameOf = ({ came }: LimitedRow): Came[] =>
  came === null ? [] : (JSON.parse(came) as [number, number][]).map(([at, n]) => ({ at, n }))

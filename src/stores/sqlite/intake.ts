import { type Intake, type QueueLimits, takenIn, turnedAway } from '../../job/intake.ts'
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
  readonly window_since_ms: number
  readonly window_used: number
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
    rows.map((row) => [
      row.name,
      { waiting: row.waiting, since: row.window_since_ms, used: row.window_used },
    ]),
  )
  const changed = new Set<string>()
  return {
    watches: (queue) => limited.has(queue),
    turnAway({ queue }) {
      const one = limited.get(queue)
      const intake = intakes.get(queue)
      if (!one || !intake) return undefined
      const away = turnedAway(queue, one.limits, { intake, now })
      if (away) return away
      intakes.set(queue, takenIn(one.limits, intake, now))
      if (one.limits.enqueueRate) changed.add(queue)
      return undefined
    },
    write() {
      for (const name of changed) {
        const { since = 0, used = 0 } = intakes.get(name) ?? {}
        e.statement('queueWindow').run(limited.get(name)?.id ?? 0, since, used)
      }
    },
  }
}

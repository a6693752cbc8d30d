import { type Intake, takenIn, turnedAway, turnedFrom } from '../../job/intake.ts'
import type { Declined, NewJob, Refusal } from '../../job/job.ts'
import { namedStates } from '../../job/unique.ts'
import { holderOf } from './keys.ts'
import type { Tables } from './tables.ts'

/** What the jobs before it in the call have taken. */
interface Fresh {
  readonly ids: Set<string>
  readonly keys: Map<string, string>
  readonly intakes: Map<string, Intake>
}

/** Which of these jobs are refused, before any is written; with `allOrNone`, one of them refuses all. */
export function refusals(s: Tables, jobs: readonly NewJob[], allOrNone = false): (Declined | undefined)[] {
  const fresh: Fresh = { ids: new Set(), keys: new Map(), intakes: new Map() }
  const found = jobs.map((job) => refusalOf(s, job, fresh))
  const batch = allOrNone && found.some(Boolean) ? ({ because: 'batch' } as const) : undefined
  if (!batch) for (const [queue, { came }] of fresh.intakes) s.came.set(queue, came)
  return jobs.map(({ id }, i) => {
    const refusal = found[i] ?? batch
    return refusal && { id, outcome: 'refused', refusal }
  })
}

function refusalOf(s: Tables, job: NewJob, fresh: Fresh): Refusal | undefined {
  if (s.rows.has(job.id) || fresh.ids.has(job.id)) return undefined
  const { key, onConflict } = job.unique ?? {}
  const twin = key === undefined ? undefined : (holderOf(s, key)?.job.id ?? fresh.keys.get(key))
  if (twin !== undefined) return onConflict === 'throw' ? { because: 'twin', twin } : undefined
  const away = turnAway(s, job.queue, fresh)
  if (away) return away
  fresh.ids.add(job.id)
  if (key !== undefined) fresh.keys.set(key, job.id)
  return undefined
}

/** A job that is taken in is counted. */
function turnAway(s: Tables, queue: string, { intakes }: Fresh): Refusal | undefined {
  const limits = s.limits.get(queue)
  if (!limits) return undefined
  const now = s.clock.now()
  const intake = intakes.get(queue) ?? intakeOf(s, queue)
  const away = turnedAway(queue, limits, { intake, now })
  intakes.set(queue, away ? turnedFrom(intake) : takenIn(limits, intake, now))
  return away
}

const waits: ReadonlySet<string> = new Set(namedStates.waiting)

function intakeOf(s: Tables, queue: string): Intake {
  const waiting = [...s.rows.values()].filter((row) => row.job.queue === queue && waits.has(row.state))
  return { waiting: waiting.length, came: s.came.get(queue) ?? [] }
}

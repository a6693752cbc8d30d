import type { Declined, NewJob, Refusal } from '../../job/job.ts'
import { holderOf } from './keys.ts'
import type { Tables } from './tables.ts'

/** Which of these jobs are refused, before any is written; with `allOrNone`, one of them refuses all. */
export function refusals(s: Tables, jobs: readonly NewJob[], allOrNone = false): (Declined | undefined)[] {
  const fresh = { ids: new Set<string>(), keys: new Map<string, string>() }
  const found = jobs.map((job): Refusal | undefined => {
    if (s.rows.has(job.id) || fresh.ids.has(job.id)) return undefined
    const { key, onConflict } = job.unique ?? {}
    const twin = key === undefined ? undefined : (holderOf(s, key)?.job.id ?? fresh.keys.get(key))
    if (twin !== undefined) return onConflict === 'throw' ? { because: 'twin', twin } : undefined
    fresh.ids.add(job.id)
    if (key !== undefined) fresh.keys.set(key, job.id)
    return undefined
  })
  const batch = allOrNone && found.some(Boolean) ? ({ because: 'batch' } as const) : undefined
  return jobs.map(({ id }, i) => {
    const refusal = found[i] ?? batch
    return refusal && { id, outcome: 'refused', refusal }
  })
}

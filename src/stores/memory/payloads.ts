import type { PayloadChange, Replaced } from '../../store/index.ts'
import type { Tables } from './tables.ts'

export function replacePayloads(s: Tables, changes: readonly PayloadChange[]): Replaced[] {
  return changes.map(({ id, was, now }) => {
    const row = s.rows.get(id)
    if (!row) return 'gone'
    if (row.job.payload !== was) return 'changed'
    Object.assign(row, { job: { ...row.job, payload: now } })
    return 'done'
  })
}

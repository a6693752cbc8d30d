import { changeKey, editTwin } from './keys.ts'
import type { Edit, Edited } from '../../store/index.ts'
import type { Row, Tables } from './tables.ts'

/** Gives jobs that do not run another payload, and keeps the one before. */
export function edit(s: Tables, edits: readonly Edit[]): Edited[] {
  return edits.map((one) => {
    const row = s.rows.get(one.id)
    if (!row) return { outcome: 'gone' }
    if (row.state === 'running') return { outcome: 'refused', state: row.state }
    const seen = row.revisions?.length ?? 0
    const isRepeat = seen === one.revision + 1 && row.job.payload === one.payload
    if (isRepeat) return { outcome: 'done', state: row.state }
    if (seen !== one.revision || (one.was ?? row.job.payload) !== row.job.payload)
      return { outcome: 'changed', state: row.state }
    const twin = one.key && editTwin(s, row, one.key)
    if (twin) return { outcome: 'twin', state: row.state, twin: twin.job.id }
    rewrite(s, row, one)
    const { by, id: target, reason } = one
    s.audit.push({ at: s.clock.now(), by, verb: 'edit', target, reason })
    return { outcome: 'done', state: row.state }
  })
}

/** The one place where a payload changes; what is computed of it has to be computed anew here. */
export function rewrite(
  s: Tables,
  row: Row,
  { payload, version, key, by, reason }: Pick<Edit, 'payload' | 'version' | 'key' | 'by' | 'reason'>,
): void {
  const { job } = row
  const before = { version: job.version, payload: job.payload }
  const revision = { at: s.clock.now(), by, ...(reason !== undefined && { reason }), ...before }
  row.revisions = [...(row.revisions ?? []), revision]
  row.job = { ...job, payload, version }
  if (key) changeKey(s, row, key)
}

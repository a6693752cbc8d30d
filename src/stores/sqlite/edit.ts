import type { Revision } from '../../job/job.ts'
import type { Edit, Edited } from '../../store/edit.ts'
import { sendElsewhere } from './elsewhere.ts'
import type { Engine } from './engine.ts'
import { changeKey, editTwin } from './keys.ts'
import { laneId } from './lanes.ts'
import { codeOf, stateOf } from './row.ts'
import { markSuspect } from './suspects.ts'

/** Gives jobs that do not run another payload, and keeps the one before. */
export function edit(e: Engine, edits: readonly Edit[]): Edited[] {
  return edits.map((one) => {
    const job = e.statement('jobToEdit').get(one.id) as Target | undefined
    if (!job) return { outcome: 'gone' }
    const state = stateOf(job.state)
    if (job.state === codeOf.running) return { outcome: 'refused', state }
    const isRepeat = job.revisions === one.revision + 1 && job.payload === one.payload
    if (isRepeat) return { outcome: 'done', state }
    if (job.revisions !== one.revision || (one.was ?? job.payload) !== job.payload)
      return { outcome: 'changed', state }
    const when = { e, now: e.time.now() }
    const twin = one.key && editTwin(when, job.seq, { key: one.key, state })
    if (twin !== undefined) return { outcome: 'twin', state, twin }
    rewrite(e, job, one)
    e.statement('auditAdd').run(e.time.now(), one.by, 'edit', one.id, one.reason ?? null)
    return { outcome: 'done', state }
  })
}

/** The columns of job-to-edit.sql. */
interface Target {
  readonly seq: number
  readonly queue_id: number
  readonly task_id: number
  readonly state: number
  /** 1 for a live job that is tried alone. */
  readonly suspect: number | null
  /** Of a live job that is to run elsewhere. */
  readonly avoids: string | null
  readonly payload: string
  readonly revisions: number
}

/** The one place where a payload changes; what is computed of it has to be computed anew here. */
export function rewrite(
  e: Engine,
  {
    seq,
    queue_id,
    task_id,
    state,
    suspect,
    avoids = null,
  }: Pick<Target, 'seq' | 'queue_id' | 'task_id' | 'state'> & Partial<Target>,
  { payload, version, key, by, reason }: Pick<Edit, 'payload' | 'version' | 'key' | 'by' | 'reason'>,
): void {
  e.statement('revisionAdd').run(seq, e.time.now(), by, reason ?? null)
  e.statement('jobRewrite').run(seq, version, payload)
  e.statement('ticketRelane').run(seq, laneId(e, queue_id, task_id, version))
  if (key) changeKey({ e, now: e.time.now() }, seq, { key, state: stateOf(state) })
  if (suspect === 1) markSuspect(e, seq)
  if (avoids !== null) sendElsewhere(e, seq, avoids)
}

interface RevisionRow {
  readonly at_ms: number
  readonly by: string
  readonly reason: string | null
  readonly version: number
  readonly payload: string
}

export const revisionsOf = (e: Engine, seq: number): Revision[] =>
  (e.statement('revisionList').all(seq) as RevisionRow[]).map(({ at_ms, by, reason, version, payload }) => ({
    at: at_ms,
    by,
    ...(reason !== null && { reason }),
    version,
    payload,
  }))

import { type QueueLimits, showLimits } from '../../job/intake.ts'
import type { QueueSetting } from '../../store/contract.ts'
import { type Engine, queueId } from './engine.ts'

/** Pauses, resumes and limits queues; written to the audit log. */
export function setQueues(e: Engine, settings: readonly QueueSetting[]): void {
  for (const { name, paused, limits } of settings) {
    if (paused !== undefined) pause(e, name, paused)
    if (limits !== undefined) limit(e, name, limits)
  }
}

function pause(e: Engine, name: string, paused: NonNullable<QueueSetting['paused']> | null): void {
  const now = e.time.now()
  const { reason, by } = paused ?? { reason: null, by: null }
  e.statement('queuePause').run(queueId(e, name), reason, by, paused ? now : null)
  e.statement('auditAdd').run(now, by ?? '', paused ? 'pause' : 'resume', name, reason)
}

/** A new rate begins with a new window. */
function limit(e: Engine, name: string, given: NonNullable<QueueSetting['limits']> | null): void {
  const { by = '', ...limits }: QueueLimits & { readonly by?: string } = given ?? {}
  const { maxWaiting = null, enqueueRate } = limits
  const rate = [enqueueRate?.max ?? null, enqueueRate?.everyMs ?? null]
  e.statement('queueLimit').run(queueId(e, name), given ? 1 : 0, maxWaiting, ...rate)
  const reason = given ? showLimits(limits) : null
  e.statement('auditAdd').run(e.time.now(), by, given ? 'limit' : 'unlimit', name, reason)
}

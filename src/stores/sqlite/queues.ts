import { type QueueLimits, showLimits } from '../../job/intake.ts'
import type { QueueSetting } from '../../store/contract.ts'
import { type Engine, queueId } from './engine.ts'

/** Pauses, resumes and limits queues; written to the audit log. */
export function setQueues(e: Engine, settings: readonly QueueSetting[]): void {
  for (const { name, paused, limits, declared } of settings) {
    if (declared && !declare(e, name, declared)) continue
    if (declared === null) e.statement('queueUndeclare').run(queueId(e, name))
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

/** True where the declaration before is still the one that this one was decided against. */
function declare(e: Engine, name: string, declared: NonNullable<QueueSetting['declared']>): boolean {
  const { digest, deployedAt = null, instead = null } = declared
  return e.statement('queueDeclare').run(queueId(e, name), digest, deployedAt, instead).changes > 0
}

/** What came before a new rate counts for it, as far back as the one before looked. */
function limit(e: Engine, name: string, given: NonNullable<QueueSetting['limits']> | null): void {
  const { by = '', ...limits }: QueueLimits & { readonly by?: string } = given ?? {}
  const { maxWaiting = null, enqueueRate } = limits
  const rate = [enqueueRate?.max ?? null, enqueueRate?.everyMs ?? null]
  e.statement('queueLimit').run(queueId(e, name), given ? 1 : 0, maxWaiting, ...rate)
  const reason = given ? showLimits(limits) : null
  e.statement('auditAdd').run(e.time.now(), by, given ? 'limit' : 'unlimit', name, reason)
}

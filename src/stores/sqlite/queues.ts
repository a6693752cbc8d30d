import type { QueueSetting } from '../../store/contract.ts'
import { type Engine, queueId } from './engine.ts'

/** Pauses and resumes queues; written to the audit log. */
export function setQueues(e: Engine, settings: readonly QueueSetting[]): void {
  const now = e.time.now()
  for (const { name, paused } of settings) {
    e.statement('queuePause').run(
      queueId(e, name),
      paused?.reason ?? null,
      paused?.by ?? null,
      paused ? now : null,
    )
    e.statement('auditAdd').run(
      now,
      paused?.by ?? '',
      paused ? 'pause' : 'resume',
      name,
      paused?.reason ?? null,
    )
  }
}

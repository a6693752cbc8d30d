import { declarationOf, type QueueLimits, showLimits } from '../../job/intake.ts'
import type { QueueSetting } from '../../store/index.ts'
import type { Tables } from './tables.ts'

/** Pauses, resumes and limits queues; written to the audit log. */
export function setQueues(s: Tables, settings: readonly QueueSetting[]): void {
  for (const { name, paused, limits, declared } of settings) {
    if (declared && s.declared.get(name)?.digest !== declared.instead) continue
    if (declared) s.declared.set(name, declarationOf(declared))
    else if (declared === null) s.declared.delete(name)
    if (paused !== undefined) pause(s, name, paused)
    if (limits !== undefined) limit(s, name, limits)
  }
}

function pause(s: Tables, name: string, paused: NonNullable<QueueSetting['paused']> | null): void {
  const at = s.clock.now()
  if (paused) s.paused.set(name, { ...paused, at })
  else s.paused.delete(name)
  const verb = paused ? 'pause' : 'resume'
  s.audit.push({ at, by: paused?.by ?? '', verb, target: name, reason: paused?.reason })
}

/** What came before a new rate counts for it, as far back as the one before looked. */
function limit(s: Tables, name: string, given: NonNullable<QueueSetting['limits']> | null): void {
  const { by = '', ...limits }: QueueLimits & { readonly by?: string } = given ?? {}
  if (!limits.enqueueRate) s.came.delete(name)
  if (given) s.limits.set(name, limits)
  else s.limits.delete(name)
  const reason = given ? showLimits(limits) : undefined
  s.audit.push({ at: s.clock.now(), by, verb: given ? 'limit' : 'unlimit', target: name, reason })
}

import { declarationOf, showLimits } from '../../job/intake.ts'
import type { QueueSetting } from '../../store/contract.ts'

/** A setting as set-queues.lua takes it: what is lifted has no text. */
export function settingText({ name, paused, limits, declared }: QueueSetting): string {
  return JSON.stringify({
    name,
    ...(paused !== undefined && { paused: { on: paused !== null, ...paused } }),
    ...(limits !== undefined && { limits: limitsText(limits) }),
    ...(declared !== undefined && {
      declared: declared ? { text: JSON.stringify(declarationOf(declared)), instead: declared.instead } : {},
    }),
  })
}

function limitsText(given: NonNullable<QueueSetting['limits']> | null) {
  if (!given) return { by: '' }
  const { by, ...limits } = given
  const isRate = limits.enqueueRate !== undefined
  return { by, text: JSON.stringify(limits), reason: showLimits(limits), isRate }
}

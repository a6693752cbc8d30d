import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'
import type { QueueLimits } from '../job/intake.ts'
import { checkCount, checkKnown, checkName } from '../job/name.ts'
import { digestOf } from '../job/schedule.ts'
import type { QueueSetting } from '../store/index.ts'

/** What a queue takes from producers at most. */
export interface QueueLimitOptions {
  /** Jobs that wait in it, for a worker, their time or anything else. Running jobs do not count. */
  readonly maxWaiting?: number
  /** New jobs in any span of this length, wherever it begins: never more. */
  readonly enqueueRate?: { readonly max: number; readonly every: Duration }
}

/** @throws {InvalidOption} LW1201 */
export function toQueueLimits(options: QueueLimitOptions, at = 'limits'): QueueLimits {
  checkKnown(options, ['maxWaiting', 'enqueueRate'], `${at} option`)
  const { maxWaiting, enqueueRate } = options
  if (maxWaiting === undefined && enqueueRate === undefined)
    throw new InvalidOption(at, options, 'maxWaiting, enqueueRate or both; null lifts all limits')
  if (enqueueRate !== undefined) checkKnown(enqueueRate, ['max', 'every'], `${at}.enqueueRate option`)
  return {
    ...(maxWaiting !== undefined && { maxWaiting: checkCount(maxWaiting, `${at}.maxWaiting`, 0, most) }),
    ...(enqueueRate && {
      enqueueRate: {
        max: checkCount(enqueueRate.max, `${at}.enqueueRate.max`, 1, most),
        everyMs: toMs(enqueueRate.every, `${at}.enqueueRate.every`, 1),
      },
    }),
  }
}

/** The same, as the store takes it for one queue. @throws {InvalidOption} LW1201 */
export function limitSetting(queue: string, options: QueueLimitOptions | null, by: string): QueueSetting {
  const name = checkName(queue, 'queue')
  return { name, limits: options === null ? null : { ...toQueueLimits(options), by } }
}

/** Limits as an app declares them, of each queue with a digest of what was said. @throws {InvalidOption} LW1201 */
export function declaredLimits(queues: Readonly<Record<string, QueueLimitOptions | null>> = {}) {
  if (typeof queues !== 'object' || queues === null || Array.isArray(queues))
    throw new InvalidOption('queues', queues, 'an object such as { emails: { maxWaiting: 10_000 } }')
  return Object.entries(queues).map(([name, options]) => {
    const queue = checkName(name, 'queue')
    const limits = options === null ? null : toQueueLimits(options, `queues.${queue}`)
    const { maxWaiting, enqueueRate } = limits ?? {}
    const said = [maxWaiting, enqueueRate?.max, enqueueRate?.everyMs]
    return { queue, limits, digest: digestOf(JSON.stringify(said)) }
  })
}

const most = 1_000_000_000

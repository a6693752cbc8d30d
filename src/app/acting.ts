import { retentionOrder } from '../define/retention.ts'
import { limitSetting } from '../enqueue/queue-limits.ts'
import type { Clock } from '../job/clock.ts'
import { checkKey, checkName, checkReason } from '../job/name.ts'
import type { App } from '../surface.ts'
import { why } from '../watch/why.ts'
import type { Opening } from './opening.ts'

interface ActingKit extends Pick<App, 'job'> {
  readonly opening: Opening
  readonly clock: Clock
}
type Acting = Pick<
  App,
  | 'why'
  | 'cancel'
  | 'retry'
  | 'pause'
  | 'resume'
  | 'limitQueue'
  | 'setRetention'
  | 'durability'
  | 'useStore'
  | 'store'
>

/** A person's hand on single jobs and on queues, and a look at the store itself. */
export function acting({ opening, clock, job }: ActingKit): Acting {
  const store = async () => (await opening.open()).store
  return {
    store,
    useStore: opening.use,
    durability: async () => (await opening.open()).report,
    why: async (id) => why(await store(), checkKey(id, 'id'), clock.now()),
    cancel: async (id, reason) => job(id).cancel(reason),
    async retry(id) {
      const order = { verb: 'retry', ids: [checkKey(id, 'id')], by: 'application' } as const
      const [acted] = await (await store()).act(order)
      return acted?.outcome ?? 'gone'
    },
    async pause(queue, reason = 'paused by the application') {
      const paused = { reason: checkReason(reason, 'reason'), by: 'application' }
      await (await store()).setQueues([{ name: checkName(queue, 'queue'), paused }])
    },
    async resume(queue) {
      await (await store()).setQueues([{ name: checkName(queue, 'queue'), paused: null }])
    },
    async limitQueue(queue, options) {
      await (await store()).setQueues([limitSetting(queue, options, 'application')])
    },
    async setRetention(options) {
      const order = retentionOrder(options, 'application')
      await (await store()).retention.set(order)
    },
  }
}

import type { Enqueued, NewJob } from '../job/job.ts'
import type { Store } from '../store/index.ts'
import { coalesce } from './coalesce.ts'
import { type Fit, fitting } from './fitting.ts'

/** The store, once it is open. */
export type Opened = () => Pick<Store, 'can' | 'abreast'> | undefined
type Add = (job: NewJob) => Promise<Enqueued>

/** Where its queues lie in partitions those of each queue are by themselves. */
export const laneOfJobs =
  (opened: Opened = () => undefined) =>
  ({ queue }: NewJob): string =>
    opened()?.can.apart === true ? queue : ''

const fit: Fit<NewJob> = (waiting, most) => fitting(waiting, 0, most, ({ item }) => item.payload)

/**
 * Joins calls that are made at the same time, as the store likes it: where its queues lie in partitions those of each queue by
 * themselves, so that a queue whose partition does not answer keeps none of the others waiting.
 */
export function coalesceInLanes(
  flush: (jobs: readonly NewJob[]) => Promise<readonly Enqueued[]>,
  opened: Opened = () => undefined,
): Add {
  const lanes = new Map<string, Add>()
  const abreast = () => opened()?.abreast ?? 1
  const laneOf = laneOfJobs(opened)
  return (job) => {
    const name = laneOf(job)
    const known = lanes.get(name)
    if (known) return known(job)
    const lane = coalesce(flush, { fit, abreast })
    lanes.set(name, lane)
    return lane(job)
  }
}

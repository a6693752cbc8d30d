import type { Enqueued, NewJob } from '../job/job.ts'
import { coalesce } from './coalesce.ts'

type Add = (job: NewJob) => Promise<Enqueued>

/**
 * Joins calls that are made at the same time, where `isApart` says so those of each queue by themselves: then a queue whose
 * partition does not answer keeps none of the others waiting.
 */
export function coalesceInLanes(
  flush: (jobs: readonly NewJob[]) => Promise<readonly Enqueued[]>,
  {
    batchMax,
    isApart = () => false,
  }: { readonly batchMax: number; readonly isApart?: (() => boolean) | undefined },
): Add {
  const lanes = new Map<string, Add>()
  return (job) => {
    const name = isApart() ? job.queue : ''
    const lane = lanes.get(name) ?? coalesce(flush, { batchMax })
    lanes.set(name, lane)
    return lane(job)
  }
}

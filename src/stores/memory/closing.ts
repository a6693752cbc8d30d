import type { Instant } from '../../job/job.ts'
import type { Closing } from '../../store/index.ts'
import type { Row, Tables } from './tables.ts'

/** Jobs that ended while they waited, in that order. */
export type Closings = (Closing & { readonly at: Instant })[]

export function close(
  { closings, clock }: Tables,
  { job }: Row,
  how: Pick<Closing, 'how' | 'by' | 'reason'>,
): void {
  closings.push({ at: clock.now(), id: job.id, task: job.task, queue: job.queue, ...how })
}

import { AsyncLocalStorage } from 'node:async_hooks'
import type { ClaimedJob } from '../job/job.ts'

/** One claimed job on its way through a handler. */
export interface Run {
  readonly job: ClaimedJob
  readonly abort: AbortController
  /** Set when the run ended for the worker while the handler still goes on. */
  isLeaked: boolean
}

/** Which run the present code belongs to; follows everything that a handler starts. */
export const currentRun = new AsyncLocalStorage<Run>()

import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../job/clock.ts'
import type { ClaimedJob } from '../job/job.ts'
import type { Keeper } from './checkpoint.ts'
import type { Committer } from './commit.ts'
import type { Halt } from './halt.ts'
import type { Logger } from '../job/logger.ts'
import type { Outcome } from '../job/settle.ts'
import type { Cover, Wrapping } from '../job/wrapping.ts'
import type { Notebook } from './notes.ts'

/** One claimed job on its way through a handler. */
export interface Run {
  readonly job: ClaimedJob
  readonly abort: Halt
  /** Set when the run ended for the worker while the handler still goes on. */
  isLeaked: boolean
  /** Called when a handler that was given up ends after all. */
  onLateEnd?: () => void
  readonly abortGraceMs: number
  /** JSON text of the newest cursor that this run has kept. */
  checkpoint?: string
  isIterating?: boolean
  /** How it ends if the transaction committed in which it said so. */
  committing?: Outcome
  /** Why an iteration stopped before its end: whatever its handler makes of that, the run has not completed. */
  interrupt?: unknown
  /** What waits before its handler can begin holds the attempt's timeout, and lets it begin anew. */
  timeout?: { hold(): void; begin(): void } | undefined
  /** Where its task or its app hides something, or keeps blobs. */
  cover?: Cover | undefined
}

export interface RunKit {
  readonly clock: Clock
  readonly log: Logger
  readonly notes: Notebook
  readonly keeper: Keeper
  readonly committer: Committer
  readonly wrapping: Wrapping
  readonly abortGraceMs: number
}

/** Which run the present code belongs to; follows everything that a handler starts. */
export const currentRun = new AsyncLocalStorage<Run>()

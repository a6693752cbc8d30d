import { toErrorInfo } from '../job/failure.ts'
import type { Logger } from '../job/logger.ts'
import { shownError } from '../job/shown.ts'
import { currentRun } from './current-run.ts'

/**
 * Keeps a promise that a handler left behind, and that rejects after the handler ended, from taking the process down:
 * it is logged with its job. Rejections from elsewhere in the process keep their meaning. The answer takes it back.
 */
export function guardRejections(log: Logger): () => void {
  const guard = (error: unknown): void => {
    const run = currentRun.getStore()
    const plain = toErrorInfo(error)
    const info = run?.cover ? shownError(run.cover.error(plain)) : plain
    if (run)
      return log.error(
        { job: run.job.id, task: run.job.task, err: info },
        `job ${run.job.id}: a promise that its handler left behind rejected: ${info.name}: ${info.message}`,
      )
    // Not a handler's: when nobody else listens, do what Node does without a listener.
    if (process.listeners('unhandledRejection').every((other) => guards.has(other))) throw error
  }
  guards.add(guard)
  process.on('unhandledRejection', guard)
  return () => {
    process.off('unhandledRejection', guard)
    guards.delete(guard)
  }
}

/** The guards of all apps in this process: none of them counts as somebody who handles rejections. */
const guards = new Set<unknown>()

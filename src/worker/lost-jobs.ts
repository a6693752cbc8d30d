import { LeaseLost } from '../define/verdicts.ts'
import type { Logger } from '../job/logger.ts'
import type { Lost } from '../store/index.ts'
import type { Run } from './current-run.ts'
import type { Pool } from './pool.ts'

export interface Holding {
  readonly runs: Map<string, Run>
  readonly pools: readonly Pool[]
  readonly log: Logger
}

/** A partition of the store has given these to others, or may: nothing of them is recorded. The others stay. */
export function giveUpJobs({ runs, pools, log }: Holding, lost: readonly Lost[]): void {
  for (const { id, fence } of lost) {
    for (const { buffer } of pools) {
      const at = buffer.findIndex((job) => job.id === id && job.fence === fence)
      if (at >= 0) buffer.splice(at, 1)
    }
    const one = runs.get(id)
    if (one?.job.fence !== fence) continue
    runs.delete(id)
    const why = 'its partition of the store has lost this worker, or does not answer'
    one.abort.abort(new LeaseLost(id, one.job.attempt, why))
    log.warn({ code: 'LW2005', job: id, fence }, `LW2005 job ${id} is given up here: ${why}.`)
  }
}

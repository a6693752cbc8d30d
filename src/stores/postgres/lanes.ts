import type { NewJob } from '../../job/job.ts'
import type { Engine } from './engine.ts'

/**
 * Makes the names of a transaction's jobs on a connection of the store's own, where they are new: a name that the caller's open
 * transaction had made would keep every other producer of its queue waiting until it ends.
 */
export function laneMaker(e: Engine): (jobs: readonly NewJob[]) => Promise<void> {
  const known = new Set<string>()
  return async (jobs) => {
    const lanes = new Map(
      jobs.map(({ queue, task, version }) => [`${queue} ${task} ${version}`, [queue, task, version]]),
    )
    for (const name of known) lanes.delete(name)
    if (lanes.size === 0) return
    // Where it cannot be done, the transaction makes them.
    await e.call('lanes_v1', { lanes: [...lanes.values()] }).catch(() => {})
    for (const name of lanes.keys()) known.add(name)
  }
}

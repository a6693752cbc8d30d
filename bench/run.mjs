// Runs what was asked: each figure in fresh processes, the systems in turn A B C, then C B A, round after round.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inHouse } from './house.mjs'
import { machine } from './machine.mjs'
import { systems } from './systems/index.mjs'
import { workloads } from './workloads.mjs'

/**
 * Gives every measured row: `results[workload][system]` is a list, one entry a round, of figures or `{ error }`.
 * `say` hears of each as it comes; `signal` ends the run early, with what there is by then.
 */
export async function run({ systemNames, workloadNames, rounds, scale, isQuick, folder, signal, say }) {
  const root = mkdtempSync(join(folder, 'legwork-bench-'))
  const results = {}
  const durability = {}
  try {
    for (const turn of turnsOf(workloadNames, systemNames, rounds)) {
      const { workload, system, round } = turn
      const { durability: level, ...figures } = await measure(turn, { scale, isQuick, root, signal })
      if (signal.aborted) break
      if (level) durability[system] ??= level
      results[workload] ??= {}
      results[workload][system] ??= []
      results[workload][system].push(figures)
      say({ workload, system, round, figures })
    }
    return { machine: machine(root), isQuick, rounds, scale, durability, results }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** Every figure to be measured, in order: A B C, then C B A. */
function turnsOf(workloadNames, systemNames, rounds) {
  return workloadNames.flatMap((workload) => {
    const { without = [], rounds: most = rounds } = workloads[workload]
    const taking = systemNames.filter((name) => !without.includes(name))
    return Array.from({ length: Math.min(rounds, most) }, (_, round) =>
      (round % 2 ? taking.toReversed() : taking).map((system) => ({ workload, system, round })),
    ).flat()
  })
}

async function measure({ workload, system }, { scale, isQuick, root, signal }) {
  const kind = workloads[workload]
  const asked = { ...kind.how, ...(isQuick && kind.quick) }
  const how =
    asked.jobs === undefined ? asked : { ...asked, jobs: Math.max(1, Math.round(asked.jobs * scale)) }
  try {
    return await inHouse(systems[system], { root, signal }, (house) => kind.stage(house, how))
  } catch (error) {
    return { error: String(error?.message ?? error) }
  }
}

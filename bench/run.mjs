// Runs what was asked: each figure in fresh processes, the systems in turn A B C, then C B A, round after round.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { engines } from './engines/index.mjs'
import { inHouse } from './house.mjs'
import { machine } from './machine.mjs'
import { systems } from './systems/index.mjs'
import { workloads } from './workloads.mjs'

/**
 * Gives every measured row: `results[workload][system]` is a list, one entry a round, of figures or `{ error }`.
 * `say` hears of each as it comes; `signal` ends the run early, with what there is by then.
 */
export async function run({
  engine: engineName,
  systemNames,
  workloadNames,
  rounds,
  scale,
  isQuick,
  folder,
  signal,
  say,
}) {
  const root = mkdtempSync(join(folder, 'legwork-bench-'))
  const results = {}
  const durability = {}
  const { start } = await engines[engineName]()
  const engine = await start(root)
  try {
    for (const turn of turnsOf(workloadNames, systemNames, rounds)) {
      const { workload, system, round } = turn
      const { durability: level, ...figures } = await measure(turn, { scale, isQuick, engine, signal })
      if (signal.aborted) break
      if (level) durability[system] ??= level
      results[workload] ??= {}
      results[workload][system] ??= []
      results[workload][system].push(figures)
      say({ workload, system, round, figures })
    }
    return { machine: machine(root), engine: engineName, isQuick, rounds, scale, durability, results }
  } finally {
    await engine.stop()
    rmSync(root, { recursive: true, force: true })
  }
}

/** Every figure to be measured, in order: A B C, then C B A. */
function turnsOf(workloadNames, systemNames, rounds) {
  return workloadNames.flatMap((workload) => {
    const { without = [], rounds: most = rounds } = workloads[workload]
    const taking = systemNames.filter(
      (name) => !without.includes(name) && !without.includes(systems[name].kind),
    )
    return Array.from({ length: Math.min(rounds, most) }, (_, round) =>
      (round % 2 ? taking.toReversed() : taking).map((system) => ({ workload, system, round })),
    ).flat()
  })
}

async function measure({ workload, system }, { scale, isQuick, engine, signal }) {
  const kind = workloads[workload]
  const asked = { ...kind.how, ...(isQuick && kind.quick) }
  const how =
    asked.jobs === undefined ? asked : { ...asked, jobs: Math.max(1, Math.round(asked.jobs * scale)) }
  try {
    const before = engine.cpuUs?.()
    const figures = await inHouse(systems[system], { engine, signal }, (house) => kind.stage(house, how))
    const spent =
      before !== undefined && figures.jobs ? { serverCpuUs: (engine.cpuUs() - before) / figures.jobs } : {}
    return { ...figures, ...spent }
  } catch (error) {
    return { error: String(error?.message ?? error) }
  }
}

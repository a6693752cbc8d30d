// What the figures mean: medians, the ratio to the best peer and to the raw engine, and whether the targets are met.
import { median } from './measure.mjs'
import { systems, systemsOf } from './systems/index.mjs'
import { workloads } from './workloads.mjs'

/** Median, smallest and largest of one figure over the rounds; nothing where no round succeeded. */
export function spread(rows = [], name) {
  const values = rows.map((row) => row[name]).filter((value) => Number.isFinite(value))
  if (values.length === 0) return undefined
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

const namesOf = (engine, kind) => systemsOf(engine).filter((name) => systems[name].kind === kind)
/** Legwork on this engine. */
export const oursOf = (engine) => namesOf(engine, 'ours')[0]

/** The best system of a kind in this workload, by the workload's own figure. */
function best(rows, { engine, kind }, { name, better }) {
  const found = namesOf(engine, kind)
    .map((system) => ({ system, value: spread(rows[system], name)?.median }))
    .filter(({ value }) => value !== undefined)
  return found.sort((a, b) => (better === 'more' ? b.value - a.value : a.value - b.value))[0]
}

/** What each target of a workload says and whether it is met; `met` is undefined where the run cannot tell. */
export function judge(workload, { engine, results }) {
  const { figure, targets = {} } = workloads[workload]
  const ours = oursOf(engine)
  return (targets[engine] ?? []).map((target) => {
    const mine = spread(results[workload]?.[ours], target.figure ?? figure.name)?.median
    const other = compared(target, { workload, engine, results, figure })
    const value = target.of || target.than ? mine / other?.value : mine
    const met = Number.isFinite(value)
      ? value >= (target.atLeast ?? -Infinity) && value <= (target.atMost ?? Infinity)
      : undefined
    return {
      text: textOf(target, { workload, other }),
      value,
      met,
      isRatio: Boolean(target.of || target.than),
      target,
    }
  })
}

function compared(target, { workload, engine, results, figure }) {
  if (target.of) return best(results[workload] ?? {}, { engine, kind: target.of }, figure)
  if (!target.than) return undefined
  const value = spread(results[target.than]?.[oursOf(engine)], target.figure)?.median
  return value === undefined ? undefined : { system: target.than, value }
}

const labels = { claimMs: 'claim', rate: 'drain', cpuPercent: 'CPU, % of a core', rssMb: 'memory, MB' }

function textOf(target, { workload, other }) {
  const kinds = { peer: 'the best peer', raw: 'the raw engine' }
  const against = target.of ? (other?.system ?? kinds[target.of]) : target.than
  const { name, unit } = workloads[workload].figure
  const what = target.figure && target.figure !== name ? labels[target.figure] : against ? '' : unit
  const bound = target.atLeast !== undefined ? `at least ${target.atLeast}` : `at most ${target.atMost}`
  return [what, against && `against ${against}`, `${bound}${against ? 'x' : ''}`].filter(Boolean).join(', ')
}

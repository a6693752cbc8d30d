// The figures as people read them: on a terminal, and as the table of docs/benchmark.md.
import { judge, oursOf, spread } from './targets.mjs'
import { workloads } from './workloads.mjs'

export const show = (value) => {
  if (value === undefined || Number.isNaN(value)) return '-'
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** One line for each figure as it comes. */
export function progressLine({ workload, system, round, figures }) {
  const { figure } = workloads[workload]
  const said = figures.error
    ? `FAILED: ${figures.error.split('\n')[0]}`
    : `${show(figures[figure.name])} ${figure.unit}`
  return `  ${workload.padEnd(8)} round ${round + 1}  ${system.padEnd(18)} ${said}`
}

/** Figures besides the main one that help to read it. */
const besides = {
  cpuUs: 'us CPU/job',
  mainCpuUs: 'of it main thread',
  serverCpuUs: 'us of the server',
  maxRssMb: 'MB at most',
  p50Ms: 'ms p50',
  rate: 'jobs/s',
  fillRate: 'jobs/s filled',
  producedRate: 'jobs/s produced',
  cpuPercent: '% CPU',
  rssMb: 'MB',
}

function systemLine(system, rows, { figure, against, isOurs }) {
  const main = spread(rows, figure.name)
  const first = rows.find((row) => row.error)
  if (!main && first) return `    ${system.padEnd(18)} failed: ${first.error.split('\n')[0]}`
  const range = main && rows.length > 1 ? `[${show(main.min)} - ${show(main.max)}]` : ''
  const ratio = main && against && !isOurs ? `${show(against / main.median)}x` : ''
  const rest = Object.entries(besides)
    .filter(([name]) => name !== figure.name && spread(rows, name))
    .map(([name, unit]) => `${show(spread(rows, name).median)} ${unit}`)
  const failed = rows.filter((row) => row.error).length
  return [
    `    ${system.padEnd(18)}${(main ? show(main.median) : 'uncounted').padStart(10)} ${range.padEnd(21)}${ratio.padStart(7)}  `,
    `${rest.join(', ')}${failed > 0 ? `; ${failed} of ${rows.length} rounds FAILED` : ''}`,
  ].join('')
}

const verdict = { true: 'met', false: 'MISSED', undefined: 'not measured' }
const shown = ({ value, isRatio }) =>
  `${show(value)}${isRatio && value !== undefined && !Number.isNaN(value) ? 'x' : ''}`

export function terminal({ machine, engine, durability, results, isQuick, rounds }) {
  const ours = oursOf(engine)
  const lines = [...heading({ machine, durability, isQuick, rounds }), '']
  for (const [workload, rows] of Object.entries(results)) {
    const { title, figure } = workloads[workload]
    const against = spread(rows[ours], figure.name)?.median
    lines.push(
      `${workload}: ${title} (${figure.unit}, ${figure.better === 'more' ? 'more' : 'less'} is better)`,
    )
    for (const [system, own] of Object.entries(rows))
      lines.push(systemLine(system, own, { figure, against, isOurs: system === ours }))
    for (const one of judge(workload, { engine, results }))
      lines.push(`    ${verdict[one.met]}: ${shown(one)} (${one.text})`)
    lines.push('')
  }
  return [...lines, summary({ engine, results })].join('\n')
}

function heading({ machine, durability, isQuick, rounds }) {
  const { cpu, cores, memoryGib, system, node, fileSystem, load, at, versions } = machine
  return [
    `${at}  ${cores} cores (${cpu}), ${memoryGib} GiB, ${system}, Node ${node}, ${fileSystem}, load ${load}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    `medians of ${rounds} round${rounds > 1 ? 's' : ''} [smallest - largest]${isQuick ? '; --quick: small sizes, a first impression' : ''}; the column with x is Legwork's figure divided by that system's`,
    'durability, read back from each connection:',
    ...Object.entries(durability).map(
      ([name, one]) => `    ${name.padEnd(18)}${one.level}: ${one.settings}; ${one.engine}`,
    ),
  ]
}

function summary({ engine, results }) {
  const all = Object.keys(results).flatMap((workload) => judge(workload, { engine, results }))
  const met = all.filter((one) => one.met === true).length
  const missed = all.filter((one) => one.met === false).length
  const open = all.length - met - missed
  return `targets: ${met} met, ${missed} missed${open > 0 ? `, ${open} not measured in this run` : ''}`
}

/** The table of docs/benchmark.md. */
export function markdown({ machine, engine, results }) {
  const names = [...new Set(Object.values(results).flatMap((rows) => Object.keys(rows)))]
  const row = (cells) => `| ${cells.join(' | ')} |`
  const { cores, cpu, memoryGib, node, fileSystem, at, versions } = machine
  const lines = Object.entries(results).map(([workload, rows]) => {
    const { title, figure } = workloads[workload]
    const cells = names.map((name) => {
      const one = spread(rows[name], figure.name)
      return one ? `${show(one.median)} (${show(one.min)}-${show(one.max)})` : '-'
    })
    const targets = judge(workload, { engine, results }).map(
      (one) => `${verdict[one.met]}: ${shown(one)} (${one.text})`,
    )
    return row([`${title}, ${figure.unit}`, ...cells, targets.join('<br>')])
  })
  const where = `${at.slice(0, 10)}, ${cores} cores (${cpu}), ${memoryGib} GiB, Node ${node}, ${fileSystem}`
  const what = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `${where}; ${what.join(', ')}.`,
    '',
    row(['workload', ...names, 'targets']),
    row(['---', ...names.map(() => '---:'), '---']),
    ...lines,
    '',
  ].join('\n')
}

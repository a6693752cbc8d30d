// Plays every promise on every store of this package and writes the table to docs/conformance.md.
// `npm run conformance`, or `npm run conformance -- settle` for the promises whose id starts so (then nothing is written).
import { writeFileSync } from 'node:fs'
import { runConformance, table } from 'legwork/conformance'
import { houses } from '../test/fixtures/houses.mjs'

const only = process.argv[2]
const reports = []
for (const [name, makeHouse] of Object.entries(houses)) {
  const startedAt = performance.now()
  const hear = ({ id, result }) => {
    if (result.verdict === 'broken') console.log(`✘ ${name} ${id}\n${result.error?.stack ?? result.error}`)
  }
  const report = await runConformance(name, makeHouse, { hear, ...(only && { only }) })
  reports.push(report)
  const { kept, broken, notExercised } = report
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  console.log(`${name}: ${kept} kept, ${broken} broken, ${notExercised} not exercised (${seconds} s)`)
}

if (!only) {
  const intro = `# What every store promises

Each line is a story that the suite \`legwork/conformance\` plays on a store of its own, fresh and empty: L0 under a
virtual clock, L1 with many at once, L2 with processes that are killed or frozen. Written by \`npm run conformance\`.

`
  writeFileSync(new URL('../docs/conformance.md', import.meta.url), intro + table(reports))
  console.log('written to docs/conformance.md')
}
process.exitCode = reports.some(({ broken }) => broken > 0) ? 1 : 0

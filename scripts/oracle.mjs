// Compares every slot of many calendars with a brute-force reading of them: each minute of each zone from 2000 to 2037,
// each second round every change of its clocks. Minutes of work; `test/oracle.test.ts` looks at a sample.
import { schedules, secondly, zones } from '../test/oracle/cases.mjs'
import { ready } from './ready.mjs'

ready()
const { compare } = await import('../test/oracle/compare.mjs')
const { stretchesFrom } = await import('../dist/calendar/zone.js')
const [first = '2000', last = '2037'] = process.argv.slice(2)
const from = Date.UTC(Number(first), 0, 1)
const to = Date.UTC(Number(last) + 1, 0, 1)
let slots = 0
const mismatches = []

function add(found) {
  slots += found.slots
  mismatches.push(...found.mismatches)
}

for (const zone of zones) {
  const startedAt = Date.now()
  add(compare(zone, schedules, { from, to }))
  const changes = []
  for (const { startAt, offsetMs, beforeMs } of stretchesFrom(zone, from)) {
    if (startAt >= to) break
    if (offsetMs !== beforeMs) changes.push(startAt)
  }
  for (const at of changes)
    add(compare(zone, secondly, { from: at - 7_200_000, to: at + 10_800_000, stepMs: 1_000 }))
  const seconds = Math.round((Date.now() - startedAt) / 1_000)
  process.stdout.write(`${zone}: ${changes.length} changes of the clocks, ${seconds} s\n`)
}
for (const line of mismatches.slice(0, 50)) process.stdout.write(`mismatch: ${line}\n`)
process.stdout.write(`${mismatches.length} mismatches of ${slots} slots\n`)
process.exitCode = mismatches.length > 0 ? 1 : 0

// Compares the slots of Legwork's calendar with those of the oracle.
import { slotsAfter } from '../../dist/calendar/slots.js'
import { walkSlots } from './cron-oracle.mjs'

/** `{ slots, mismatches }`: how many slots were compared, and what differs. */
export function compare(zone, schedules, range) {
  const expected = walkSlots(zone, schedules, range)
  const mismatches = []
  let slots = 0
  for (const [i, { cron, gap, repeat }] of schedules.entries()) {
    const until = range.to - 1
    const own = slotsAfter({ cron, tz: zone, gap, repeat }, range.from - 1, { until, limit: 1e9 })
    const theirs = new Set(expected[i])
    slots += theirs.size
    const wrong = [...own.filter((at) => !theirs.delete(at)), ...theirs]
    for (const at of wrong)
      mismatches.push(`${zone} ${cron} gap ${gap} repeat ${repeat}: ${new Date(at).toISOString()}`)
  }
  return { slots, mismatches }
}

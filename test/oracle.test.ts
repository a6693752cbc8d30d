// A sample of what `npm run oracle` compares in full: the calendar against a brute-force reading of it.
import { expect, test } from 'vitest'
import { schedules, secondly, zones } from './oracle/cases.mjs'
import { compare } from './oracle/compare.mjs'
import { walkSlots } from './oracle/cron-oracle.mjs'

/** Weeks in which the clocks of a zone were changed in a way of its own. */
const weeks: Readonly<Record<string, readonly string[]>> = {
  'Europe/Oslo': ['2026-03-26', '2026-10-22', '2000-02-27'],
  'America/New_York': ['2007-03-08', '2006-10-26', '2037-10-30'],
  'Australia/Lord_Howe': ['2025-10-02', '2026-04-02'],
  'Africa/Casablanca': ['2026-02-12', '2026-03-19', '2018-10-26'],
  'Pacific/Apia': ['2011-12-27', '2011-09-22', '2012-03-29'],
}
const day = 86_400_000

test.each(zones)('%s: no mismatch in the weeks of its changes', (zone) => {
  let slots = 0
  for (const week of weeks[zone] ?? []) {
    const from = Date.parse(`${week}T00:00Z`)
    const found = compare(zone, schedules, { from, to: from + 7 * day })
    expect(found.mismatches).toEqual([])
    slots += found.slots
  }
  expect(slots).toBeGreaterThan(2_000)
})

test('second by second round a change of the clocks', () => {
  const from = Date.parse('2026-10-25T00:00Z')
  const { slots, mismatches } = compare('Europe/Oslo', secondly, { from, to: from + day / 12, stepMs: 1_000 })
  expect(mismatches).toEqual([])
  expect(slots).toBeGreaterThan(10)
})

test('the oracle notices a policy that is not the one it reads', () => {
  const from = Date.parse('2026-03-29T00:00Z')
  const range = { from, to: from + day }
  const [next] = walkSlots('Europe/Oslo', [{ cron: '30 2 * * *', gap: 'next', repeat: 'first' }], range)
  const [skip] = walkSlots('Europe/Oslo', [{ cron: '30 2 * * *', gap: 'skip', repeat: 'first' }], range)
  expect(next?.map((at) => new Date(at).toISOString())).toEqual(['2026-03-29T01:00:00.000Z'])
  expect(skip).toEqual([])
})

// The small form of `npm run torture`: two producers and two workers on one file, kills, a freeze, the independent checker.
import { expect, test } from 'vitest'
import { torture } from '../torture/torture.mjs'

test('5,000 jobs under kills: nothing lost, nothing settled twice, counters equal a recount', async () => {
  const seen = await torture({ jobs: 5_000, seconds: 15, kills: 4 })
  expect(seen.violations, `history in ${seen.folder}`).toEqual([])
  expect(seen.kills).toHaveLength(4)
  expect(Math.min(...seen.kills)).toBeGreaterThanOrEqual(50)
  expect(seen.producerKills).toBeGreaterThanOrEqual(1)
  expect(seen.freezes).toBe(1)
  expect(seen.summary['enqueue created']).toBeGreaterThan(0)
  expect((seen.summary['dumped completed'] ?? 0) + (seen.summary['dumped dead'] ?? 0)).toBe(5_000)
  seen.clean?.()
})

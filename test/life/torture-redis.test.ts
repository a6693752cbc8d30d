// The small form of `npm run torture -- --engine redis`.
import { expect, test } from 'vitest'
import { torture } from '../../torture/torture.mjs'

test('4,000 jobs while workers and the Redis server are killed: nothing lost, nothing settled twice, no process ends', async () => {
  const seen = await torture({
    ...{ engine: 'redis', jobs: 4_000, seconds: 12, kills: 2, freezes: 0 },
    // However slow the machine is: the producers may be done before the second.
    ...{ outageEveryMs: 4_000, outagesAtLeast: 2 },
  })
  expect(seen.violations, `history in ${seen.folder}`).toEqual([])
  expect(seen.kills).toHaveLength(2)
  expect(seen.outages.length).toBeGreaterThanOrEqual(2)
  // Not the worker that was just killed, and not those that were there: none may end because the server did.
  expect(seen.ended).toEqual([])
  const firstDone = seen.firstDoneMs.filter((ms) => ms !== undefined)
  expect(firstDone.length).toBeGreaterThan(0)
  expect(Math.max(...firstDone)).toBeLessThan(2_000)
  expect((seen.summary['dumped completed'] ?? 0) + (seen.summary['dumped dead'] ?? 0)).toBe(4_000)
  seen.clean?.()
})

test('3,000 jobs spread over a cluster while workers and its nodes are killed: nothing lost, nothing settled twice', async () => {
  const seen = await torture({
    ...{ engine: 'redis-cluster', jobs: 3_000, seconds: 10, kills: 2, freezes: 0 },
    outageEveryMs: 3_000,
  })
  expect(seen.violations, `history in ${seen.folder}`).toEqual([])
  expect(seen.kills).toHaveLength(2)
  expect(seen.outages.length).toBeGreaterThanOrEqual(1)
  expect(seen.ended).toEqual([])
  expect((seen.summary['dumped completed'] ?? 0) + (seen.summary['dumped dead'] ?? 0)).toBe(3_000)
  seen.clean?.()
})

import { expect, test } from 'vitest'
import { defaults } from './defaults.ts'
import { boundsOf, keepUntil, orderedAs, showPolicy, stale, surplus } from './retention.ts'

const job = { state: 'completed', queue: 'q', retain: defaults.retain, finishedAt: 1_000 } as const

test('the task comes before the queue, the queue before the store, and a key for a time before all', () => {
  const store = { completed: { ageMs: 50 } }
  const both = { ...store, queues: { q: { completed: { ageMs: 20 } } } }
  const own = { ...job, retain: { ...defaults.retain, completed: 7 } }
  expect(keepUntil(undefined, job)).toBe(1_000 + 86_400_000)
  expect(keepUntil(store, job)).toBe(1_050)
  expect(keepUntil(both, job)).toBe(1_020)
  expect(keepUntil(both, own)).toBe(1_007)
  expect(keepUntil(both, { ...own, heldUntil: 5_000 })).toBe(5_000)
  expect(keepUntil(both, { ...own, heldUntil: Infinity })).toBe(1_007)
  expect(keepUntil({ completed: { ageMs: null } }, job)).toBeUndefined()
  expect(keepUntil({ completed: { count: 1 } }, job)).toBe(1_000 + 86_400_000)
})

test('the oldest go until the rest is within count and bytes', () => {
  const kept = { count: 5, bytes: 100 }
  expect(surplus({ count: 5, bytes: 100 }, kept, [10, 10])).toBe(0)
  expect(surplus({ count: 3 }, kept, [10, 10, 10])).toBe(2)
  expect(surplus({ bytes: 75 }, kept, [10, 10, 10, 10])).toBe(3)
  expect(surplus({ count: 4, bytes: 75 }, kept, [10, 10, 10, 10])).toBe(3)
  expect(surplus({ count: 0 }, kept, [10])).toBe(1)
})

test('of a log the oldest entries go that are too old or too many', () => {
  const log = [10, 20, 30, 40].map((at, i) => ({ n: i + 1, at }))
  expect(stale(log, { ageMs: 100, count: 10 }, { now: 100, newest: 4 })).toBe(0)
  expect(stale(log, { ageMs: 80, count: 10 }, { now: 100, newest: 4 })).toBe(2)
  expect(stale(log, { ageMs: 100, count: 1 }, { now: 100, newest: 4 })).toBe(3)
  expect(stale(log, { ageMs: 1, count: 10 }, { now: 100, newest: 4 })).toBe(4)
  // A clock that was set back keeps what comes after, too.
  expect(stale([{ n: 1, at: 99 }, ...log], { ageMs: 50, count: 10 }, { now: 100, newest: 4 })).toBe(0)
})

test('a policy is the same in whatever order it is said, and in one line for people', () => {
  const policy = {
    completed: { ageMs: 60_000, count: 5 },
    queues: { b: { dead: { bytes: 2_097_152 } }, a: {} },
  }
  const standing = { policy, by: 'ada', at: 1, deployedAt: 5 }
  const again = {
    queues: { a: {}, b: { dead: { bytes: 2_097_152 } } },
    completed: { count: 5, ageMs: 60_000 },
  }
  expect(orderedAs(standing, { to: again, by: 'bob', deployedAt: 1 })).toBe('same')
  expect(orderedAs(standing, { to: null, by: 'bob', deployedAt: 4 })).toBe('older')
  expect(orderedAs(standing, { to: null, by: 'bob' })).toBe('set')
  expect(orderedAs(undefined, { to: null, by: 'bob' })).toBe('same')
  expect(showPolicy(policy)).toBe('completed 1m, at most 5; b: dead at most 2.0 MB')
  expect(boundsOf(policy).map(({ queue, state }) => [queue, state])).toEqual([
    [undefined, 'completed'],
    ['b', 'dead'],
  ])
})

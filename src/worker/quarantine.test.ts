import { virtualClock } from 'legwork/testing'
import { expect, test } from 'vitest'
import type { ClaimedJob } from '../job/job.ts'
import { newPool } from './pool.ts'
import { quarantine } from './quarantine.ts'

function stage() {
  const clock = virtualClock()
  const pool = newPool(['mail'], 5)
  const other = newPool(['media'], 5)
  const given: string[] = []
  const runs: { job: ClaimedJob }[] = []
  const room = quarantine({
    pools: [pool, other],
    clock,
    runs: () => runs,
    giveBack: (jobs) => void given.push(...jobs.map(({ id }) => id)),
  })
  const hear = (...jobs: ClaimedJob[]) => room.place({ lease: 'held', jobs, cancels: [], now: 0 })
  const hint = () => room.place({ lease: 'held', jobs: [], cancels: [], now: 0, suspects: true })
  return { runs, clock, pool, other, own: [pool, other], given, room, hear, hint }
}

const job = (id: string, suspect = false): ClaimedJob => ({
  id,
  task: 'send',
  queue: 'mail',
  payload: 'null',
  version: 1,
  fence: 1,
  attempt: 1,
  failures: 0,
  losses: 0,
  maxAttempts: 3,
  createdAt: 0,
  startedAt: 0,
  ...(suspect && { suspect: true }),
})

test('without suspects the worker’s own pools claim, and each job goes to the pool of its queue', () => {
  const { room, own, hear } = stage()
  expect(room.pools).toEqual(own)
  expect(hear(job('a')).map(([, jobs]) => jobs.length)).toEqual([1, 0])
})

test('room is made for a suspect: nobody claims until nothing runs in any pool, then only the cell', () => {
  const { room, own, other, hint, hear } = stage()
  other.running = 1
  hint()
  expect(room.pools).toEqual([])
  other.running = 0
  expect(room.pools).toEqual([room.cell])
  expect(hear(job('s', true))).toEqual([[room.cell, [job('s', true)]]])
  room.cell.running = 1
  expect(room.pools).toEqual([])
  room.cell.running = 0
  expect(room.pools).toEqual([room.cell])
  // The store has no more.
  room.cell.isHungry = false
  hear()
  expect(room.pools).toEqual(own)
})

test('suspects have a second, then the others have as long as it all took', async () => {
  const { room, own, pool, hint, clock } = stage()
  pool.running = 1
  hint()
  await clock.advance(500)
  pool.running = 0
  expect(room.pools).toEqual([room.cell])
  await clock.advance(999)
  expect(room.pools).toEqual([room.cell])
  await clock.advance(1)
  expect(room.pools).toEqual(own)
  pool.running = 1
  hint()
  expect(room.pools).toEqual(own)
  await clock.advance(1_500)
  hint()
  expect(room.pools).toEqual([])
})

test('a worker that is idle need not rest', async () => {
  const { room, hint, clock } = stage()
  hint()
  expect(room.pools).toEqual([room.cell])
  await clock.advance(1_000)
  expect(room.pools).not.toContain(room.cell)
  hint()
  expect(room.pools).toEqual([room.cell])
})

test('a long job is not waited for without end: the worker goes on, and waits twice as long the next time', async () => {
  const { room, own, pool, hint, clock } = stage()
  pool.running = 1
  hint()
  await clock.advance(9_999)
  expect(room.pools).toEqual([])
  await clock.advance(1)
  expect(room.pools).toEqual(own)
  await clock.advance(10_000)
  hint()
  await clock.advance(19_999)
  expect(room.pools).toEqual([])
  await clock.advance(1)
  expect(room.pools).toEqual(own)
})

test('room made in vain is not made again at once', async () => {
  const { room, own, hint, hear, clock } = stage()
  hint()
  room.cell.isHungry = false
  hear()
  expect(room.pools).toEqual(own)
  hint()
  expect(room.pools).toEqual(own)
  await clock.advance(1_000)
  hint()
  expect(room.pools).toEqual([room.cell])
})

test('a handler that was given up may be the culprit too: no room is made beside it', () => {
  const { room, own, pool, hint } = stage()
  pool.leaked = 1
  hint()
  expect(room.pools).toEqual(own)
})

test('what runs as a part of a batch counts, whoever’s slot it has', () => {
  const { room, runs, hint } = stage()
  runs.push({ job: job('a') })
  hint()
  expect(room.pools).toEqual([])
  runs.pop()
  expect(room.pools).toEqual([room.cell])
  runs.push({ job: job('s', true) })
  expect(room.pools).toEqual([])
})

test('what would break the solitude is given back', () => {
  const { room, pool, given, hear } = stage()
  hear(job('a'), job('s', true))
  pool.running = 1
  hear(job('t', true))
  expect(given).toEqual(['s', 't'])
  pool.running = 0
  hear(job('u', true))
  room.cell.running = 1
  expect(hear(job('b')).flatMap(([, jobs]) => jobs)).toEqual([])
  expect(given).toEqual(['s', 't', 'b'])
})

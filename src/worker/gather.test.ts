import { expect, test } from 'vitest'
import { task } from '../define/task.ts'
import type { ClaimedJob } from '../job/job.ts'
import { virtualClock } from '../testing/virtual-clock.ts'
import type { Run } from './current-run.ts'
import { gather, type SeatKit } from './gather.ts'
import { Halt } from './halt.ts'
import { newPool, type Pool, room } from './pool.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
// Only its id is looked at.
const runOf = (id: string): Run => ({
  job: { id } as ClaimedJob,
  abort: new Halt(),
  isLeaked: false,
  abortGraceMs: 0,
})
const kitOf = (pool: Pool): SeatKit => ({
  pool,
  clock: virtualClock(),
  log,
  keeper: { stopping: new AbortController().signal },
  refill: () => {},
})

test('a batch takes one slot and has places; a full one makes room for the next', () => {
  const { batch } = gather(task('index'), { max: 3, waitMs: 1_000, handler: () => {} })
  const pool = newPool(['index'], 2, 3)
  const kit = kitOf(pool)
  expect(room(pool, 1)).toBe(6)
  batch?.seat(runOf('a'), kit)
  expect([pool.running, pool.places, room(pool, 1), batch?.hasPlace(pool)]).toEqual([1, 2, 5, true])
  batch?.seat(runOf('b'), kit)
  batch?.seat(runOf('c'), kit)
  expect([pool.running, pool.places, room(pool, 1), batch?.hasPlace(pool)]).toEqual([1, 0, 3, false])
  batch?.seat(runOf('d'), kit)
  expect([pool.running, pool.places, room(pool, 1)]).toEqual([2, 2, 2])
})

test('a batch that everybody left gives back its slot and its places', () => {
  const { batch } = gather(task('index'), { max: 3, waitMs: 1_000, handler: () => {} })
  const pool = newPool(['index'], 1, 3)
  const kit = kitOf(pool)
  const [a, b] = [batch?.seat(runOf('a'), kit), batch?.seat(runOf('b'), kit)]
  a?.leave()
  b?.leave()
  expect([pool.running, pool.places, batch?.hasPlace(pool)]).toEqual([0, 0, false])
})

test('a suspect of a crash is never in a batch with another', () => {
  const { batch } = gather(task('index'), { max: 3, waitMs: 1_000, handler: () => {} })
  const pool: Pool = { ...newPool(['index'], 1), alone: true }
  batch?.seat(runOf('a'), kitOf(pool))
  expect([pool.running, pool.places, room(pool, 1), batch?.hasPlace(pool)]).toEqual([1, 0, 0, false])
})

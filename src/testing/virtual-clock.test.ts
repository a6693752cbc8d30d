import { describe, expect, test } from 'vitest'
import { sleep } from '../job/clock.ts'
import { virtualClock } from './virtual-clock.ts'

test('time stands still until it is moved, and then both clocks move', async () => {
  const clock = virtualClock({ now: '2026-03-01T12:00:00Z', monotonic: 500 })
  expect([clock.now(), clock.monotonic()]).toEqual([Date.UTC(2026, 2, 1, 12), 500])
  await clock.advance(1_250)
  expect([clock.now(), clock.monotonic()]).toEqual([Date.UTC(2026, 2, 1, 12, 0, 1, 250), 1_750])
})

test('a step of the wall clock moves nothing else, and no timer', async () => {
  const clock = virtualClock({ now: 10_000, monotonic: 0 })
  let fired = 0
  clock.after(100, () => void fired++)
  clock.jump(3_600_000)
  clock.jump(-3_605_000)
  expect([clock.now(), clock.monotonic()]).toEqual([5_000, 0])
  await clock.advance(99)
  expect(fired).toBe(0)
  await clock.advance(1)
  expect(fired).toBe(1)
})

test('timers fire in the order of their time, those of one time in the order in which they were set, at their time', async () => {
  const clock = virtualClock({ now: 0 })
  const fired: [string, number][] = []
  for (const [name, ms] of [
    ['c', 30],
    ['a', 10],
    ['b', 10],
    ['d', 31],
  ] as const) {
    clock.after(ms, () => fired.push([name, clock.now()]))
  }
  await clock.advance(30)
  expect(fired).toEqual([
    ['a', 10],
    ['b', 10],
    ['c', 30],
  ])
  expect(clock.pending).toBe(1)
})

test('promises settle between two timers, and timers that they set fire in the same advance', async () => {
  const clock = virtualClock({ now: 0 })
  const story: string[] = []
  const walk = async () => {
    for (const step of ['one', 'two', 'three']) {
      await sleep(clock, 10)
      story.push(`${step} at ${clock.now()}`)
    }
  }
  const done = walk()
  clock.after(15, () => void story.push('between'))
  await clock.advance(30)
  await done
  expect(story).toEqual(['one at 10', 'between', 'two at 20', 'three at 30'])
})

describe('a timer', () => {
  test('that was taken back does not fire', async () => {
    const clock = virtualClock()
    let fired = false
    const stop = clock.after(5, () => {
      fired = true
    })
    expect(clock.pending).toBe(1)
    stop()
    stop()
    expect(clock.pending).toBe(0)
    await clock.advance(10)
    expect(fired).toBe(false)
  })
  test('of no time, or of the past, fires with the next advance, even one of nothing', async () => {
    const clock = virtualClock()
    let fired = 0
    for (const ms of [0, -50]) clock.after(ms, () => void fired++)
    expect(fired).toBe(0)
    await clock.advance(0)
    expect(fired).toBe(2)
  })
})

test('the shared memory always shows the present time', async () => {
  const clock = virtualClock({ now: 1_000, monotonic: 7 })
  const seen = new Float64Array(clock.shared)
  expect([...seen]).toEqual([1_000, 7])
  clock.after(3, () => expect([...seen]).toEqual([1_003, 10]))
  await clock.advance(5)
  clock.jump(-1)
  expect([...seen]).toEqual([1_004, 12])
})

test('a clock goes forward only, from a real date', async () => {
  await expect(virtualClock().advance(-1)).rejects.toThrow(/LW1201 advance: got -1/)
  await expect(virtualClock().advance(Number.NaN)).rejects.toThrow(/LW1201 advance: got NaN/)
  for (const now of ['some day', '', Number.NaN, Infinity, 1e17, null, new Date()])
    expect(() => virtualClock({ now: now as never })).toThrow(/LW1201 now: got .*, expected milliseconds/)
  expect(() => virtualClock({ nwo: 5 } as never)).toThrow(/LW1201 .*did you mean now\?/)
})

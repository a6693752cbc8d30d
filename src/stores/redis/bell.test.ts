import { virtualClock } from '../../testing/virtual-clock.ts'
import { expect, test } from 'vitest'
import { gathered, paced } from './bell.ts'

test('the first ring is heard at once, those that follow it shortly as one, and none is swallowed', async () => {
  const clock = virtualClock()
  let heard = 0
  const ring = gathered(
    clock,
    () => void heard++,
    () => 5,
  )
  ring()
  expect(heard).toBe(1)
  for (let i = 0; i < 100; i++) ring()
  expect(heard).toBe(1)
  await clock.advance(5)
  expect(heard).toBe(2)
  await clock.advance(100)
  expect(heard).toBe(2)
  ring()
  expect(heard).toBe(3)
})

test('the slower the server answers a worker, the longer rings are taken together', async () => {
  const clock = virtualClock()
  let tookMs = 0.1
  const { run, gapMs } = paced(clock, async () => {
    await clock.advance(tookMs)
    return null
  })
  const often = async (name: 'claim' | 'enqueue') => {
    for (let i = 0; i < 50; i++) await run(name)
  }
  expect(gapMs()).toBe(1)
  tookMs = 2
  await often('enqueue')
  expect(gapMs()).toBe(1)
  await often('claim')
  expect(Math.round(gapMs())).toBe(8)
  tookMs = 50
  await often('claim')
  expect(gapMs()).toBe(10)
})

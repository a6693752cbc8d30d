import { virtualClock } from '../../testing/virtual-clock.ts'
import { expect, test } from 'vitest'
import { gathered } from './bell.ts'

test('the first ring is heard at once, those that follow it shortly as one, and none is swallowed', async () => {
  const clock = virtualClock()
  let heard = 0
  const ring = gathered(clock, () => void heard++)
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

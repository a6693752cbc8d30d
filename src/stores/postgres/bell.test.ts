import { expect, test } from 'vitest'
import { realClock } from '../../world.ts'
import { bellOf } from './bell.ts'
import type { Link, ListeningClient } from './connect.ts'

test('who stops listening and begins again at once has one connection for it', async () => {
  const made: ListeningClient[] = []
  const listener = (): ListeningClient => {
    const one = {
      connect: async () => {},
      end: async () => {},
      on: () => {},
      query: async () => ({ rows: [] }),
    }
    made.push(one)
    return one
  }
  const link: Link = {
    ...{ query: async () => [], transaction: (work) => work(async () => []), listener, end: async () => {} },
  }
  const bell = bellOf({
    ...{ link: async () => link, channel: 'c', clock: realClock, self: 's', hear: () => {}, isOn: true },
  })
  for (const on of [true, false, true]) bell.listen(on)
  await expect.poll(() => made.length).toBeGreaterThan(0)
  await bell.close()
  expect(made).toHaveLength(1)
})

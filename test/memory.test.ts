// The store in memory, on a clock that moves between two looks at it, as a real one may.
import { legwork, task } from 'legwork'
import { memory } from 'legwork/memory'
import { expect, test } from 'vitest'
import { realClock } from '../src/world.ts'

test('a call sees one instant: what is enqueued to run now is ready, however soon the millisecond ends', async () => {
  let ms = 1_000
  const store = memory({ clock: { ...realClock, now: () => ms++ } })
  const app = legwork({ store })
  await app.enqueue(task('mail'))
  expect((await store.counts())[0]?.states).toMatchObject({ ready: 1, scheduled: 0 })
  await app.stop()
})

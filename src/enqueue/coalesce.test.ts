import { expect, test } from 'vitest'
import { coalesce } from './coalesce.ts'

const upTo = (max: number) => (waiting: readonly unknown[], most: number) =>
  Math.min(waiting.length, most, max)

/** A flush that the test answers by hand, and that remembers its batches. */
function byHand(abreast = 1) {
  const batches: (readonly number[])[] = []
  const answers: (() => void)[] = []
  const add = coalesce<number, string>(
    (items) => {
      batches.push(items)
      return new Promise((resolve) => answers.push(() => resolve(items.map((n) => `done ${n}`))))
    },
    { fit: upTo(1_000), abreast: () => abreast },
  )
  return { batches, add, answer: () => answers.shift()?.() }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('a hundred calls at once are one batch, answered in order', async () => {
  const { batches, add, answer } = byHand()
  const all = Promise.all(Array.from({ length: 100 }, (_, i) => add(i)))
  await turn()
  expect(batches.map((batch) => batch.length)).toEqual([100])
  answer()
  expect((await all).slice(0, 3)).toEqual(['done 0', 'done 1', 'done 2'])
})

test('what comes while a batch is under way goes in the next one, all of it', async () => {
  const { batches, add, answer } = byHand()
  const first = add(1)
  await turn()
  const later = Promise.all([add(2), add(3), add(4)])
  await turn()
  expect(batches).toEqual([[1]])
  answer()
  await first
  await turn()
  expect(batches).toEqual([[1], [2, 3, 4]])
  answer()
  expect(await later).toEqual(['done 2', 'done 3', 'done 4'])
})

test('where two are faster than one, many calls are halves of which one is made while the other is under way', async () => {
  const { batches, add, answer } = byHand(2)
  const all = Array.from({ length: 100 }, (_, i) => add(i))
  await turn()
  expect(batches.map((batch) => batch.length)).toEqual([50, 50])
  expect(batches.flat()).toEqual(Array.from({ length: 100 }, (_, i) => i))
  answer()
  await all[49]
  all.push(...Array.from({ length: 50 }, (_, i) => add(100 + i)))
  await turn()
  expect(batches.map((batch) => batch.length)).toEqual([50, 50, 50])
  all.push(add(150))
  await turn()
  expect(batches).toHaveLength(3)
  answer()
  answer()
  await all[149]
  await turn()
  answer()
  expect((await Promise.all(all)).at(-1)).toBe('done 150')
})

test('a few calls are one batch, also where two are faster than one', async () => {
  const { batches, add, answer } = byHand(2)
  const all = Promise.all(Array.from({ length: 20 }, (_, i) => add(i)))
  await turn()
  expect(batches.map((batch) => batch.length)).toEqual([20])
  answer()
  await all
})

test('a batch is never larger than its limit', async () => {
  const sizes: number[] = []
  const add = coalesce<number, number>(
    async (items) => {
      sizes.push(items.length)
      return items
    },
    { fit: upTo(40) },
  )
  await Promise.all(Array.from({ length: 100 }, (_, i) => add(i)))
  expect(sizes).toEqual([40, 40, 20])
})

test('a failed batch fails its own calls and no others', async () => {
  let calls = 0
  const add = coalesce<number, number>(
    async (items) => {
      calls += 1
      if (calls === 1) throw new Error('store gone')
      return items
    },
    { fit: upTo(1_000) },
  )
  const first = expect(add(1)).rejects.toThrow('store gone')
  await turn()
  const second = add(2)
  await first
  expect(await second).toBe(2)
})

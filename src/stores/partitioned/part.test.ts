import { expect, test } from 'vitest'
import { codedError } from '../redis/faults.ts'
import { memory } from '../memory/index.ts'
import { partOf } from './part.ts'

test('a script that cannot do what it was told is an answer, and its partition is there for other calls', async () => {
  const store = memory()
  await store.open()
  const part = partOf(store, { index: 0, of: 2, back: () => {} })
  const error = codedError(
    new Error('ERR user_script:7: bad argument script: 12ab, on @user_script:7.'),
    'find',
  )
  await expect(part.call(() => Promise.reject(error))).rejects.toMatchObject({ code: 'LW1007' })
  expect(part.isAway()).toBe(false)
  await expect(
    part.call(() => Promise.reject(codedError(new Error('who knows'), 'find'))),
  ).rejects.toMatchObject({
    code: 'LW1032',
  })
  expect(part.isAway()).toBe(true)
  part.end()
})

// Must show: 8 processes enqueue one unique key 500 times each, at once, into one file.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { house } from './house.ts'

test('8 processes x 500 concurrent enqueues of one unique key make one job, and all others return it', async () => {
  await using h = house()
  await h.app.durability()
  const children = Array.from({ length: 8 }, () =>
    fork('test/life/fixtures/unique-producer.mjs', [JSON.stringify({ file: h.file, count: 500 })]),
  )
  try {
    await Promise.all(children.map((child) => once(child, 'message')))
    const told = children.map((child) => once(child, 'message'))
    for (const child of children) child.send('go')
    const answers = (await Promise.all(told)).map(([message]) => message as { ids: string[]; added: number })
    expect(new Set(answers.flatMap(({ ids }) => ids)).size).toBe(1)
    expect(answers.reduce((sum, { added }) => sum + added, 0)).toBe(1)
    const store = await h.app.store()
    const { jobs } = await store.find({}, { limit: 10 })
    expect(jobs.map(({ id, state }) => [id, state])).toEqual([[answers[0]?.ids[0], 'ready']])
    expect((await store.counts())[0]?.states.ready).toBe(1)
  } finally {
    for (const child of children) child.kill('SIGKILL')
  }
})

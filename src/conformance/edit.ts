import assert from 'node:assert/strict'
import type { Edit } from '../store/index.ts'
import { bury } from './failures.ts'
import { theme } from './promise.ts'
import type { Room } from './room.ts'
import { started } from './settle.ts'

const payload = '{"to":"grace"}'

/** Payloads that a person changes. */
export const editPromises = theme('edit', 'L0', [
  [
    'waiting',
    'a job that waits is run with its new payload, in the place that it had',
    async (room) => {
      const [first, second] = await room.addMany(2)
      assert.equal(await edit(room, { id: String(first), version: 2 }), 'done')
      const { jobs } = await (await room.hand()).claim(5)
      assert.deepEqual(
        jobs.map((job) => [job.id, job.payload, job.version]),
        [
          [first, payload, 2],
          [second, '{"to":"ada"}', 1],
        ],
      )
    },
  ],
  [
    'dead',
    'a dead job stays dead with its new payload, and runs with it when it comes back',
    async (room) => {
      const [id] = (await bury(room, [{}])) as [string]
      assert.equal(await edit(room, { id }), 'done')
      assert.equal((await room.see(id)).state, 'dead')
      await room.act('retry', id)
      assert.equal((await (await room.hand()).one()).payload, payload)
    },
  ],
  [
    'revisions',
    'what a payload was before each edit is kept, with who changed it, when and why',
    async (room) => {
      const id = await room.add()
      await edit(room, { id, reason: 'wrong name' })
      const at = room.clock.now()
      await room.clock.advance(5)
      await edit(room, { id, payload: '{}', version: 3, revision: 1 })
      const [job] = await room.store.get([id], { revisions: true })
      assert.deepEqual(job?.revisions, [
        { at, by: 'ada', reason: 'wrong name', version: 1, payload: '{"to":"ada"}' },
        { at: at + 5, by: 'ada', version: 1, payload },
      ])
      assert.equal((await room.see(id)).revisions, undefined)
      await room.act('remove', id)
      await room.store.enqueue([room.job({ id })])
      assert.deepEqual((await room.store.get([id], { revisions: true }))[0]?.revisions, [])
    },
  ],
  [
    'running',
    'the payload of a running job cannot be changed',
    async (room) => {
      const { id } = await started(room)
      assert.equal(await edit(room, { id }), 'refused')
      assert.equal((await room.see(id)).payload, '{"to":"ada"}')
    },
  ],
  [
    'changed',
    'an edit of a payload that somebody else has changed since is refused; one that is sent again is done',
    async (room) => {
      const id = await room.add()
      assert.equal(await edit(room, { id }), 'done')
      assert.equal(await edit(room, { id }), 'done')
      assert.equal(await edit(room, { id, payload: '{}' }), 'changed')
      const [job] = await room.store.get([id], { revisions: true })
      assert.deepEqual([job?.payload, job?.revisions?.length], [payload, 1])
      assert.equal(await edit(room, { id: 'never' }), 'gone')
    },
  ],
  [
    'redrive',
    'a step of a redrive may bring jobs back with another payload, and keeps the one before',
    async (room) => {
      const [id] = (await bury(room, [{}])) as [string]
      const { store } = room
      const plan = { id: 'b', kind: 'redrive', filter: {}, by: 'ada', driver: 'd', needsCode: true } as const
      const { upTo } = await store.bulk.start(plan)
      const { jobs, to, isEnd } = await store.bulk.page({ filter: {}, after: 0, upTo, limit: 5 })
      const edited = jobs.map((job) => ({ ...job, payload, version: 4 }))
      await store.bulk.step({ id: 'b', driver: 'd', from: 0, to, jobs: edited, isEnd })
      const [job] = await store.get([id], { revisions: true })
      assert.deepEqual([job?.state, job?.payload, job?.version], ['ready', payload, 4])
      assert.deepEqual(
        job?.revisions?.map((one) => [one.payload, one.reason]),
        [['{"to":"ada"}', 'redrive b']],
      )
      assert.equal((await (await room.hand()).one()).version, 4)
    },
  ],
])

async function edit(
  room: Room,
  fields: Partial<Edit> & { readonly id: string },
): Promise<string | undefined> {
  const [edited] = await room.store.edit([{ payload, version: 1, revision: 0, by: 'ada', ...fields }])
  return edited?.outcome
}

import assert from 'node:assert/strict'
import type { Edit } from '../store/index.ts'
import { bury } from './failures.ts'
import { theme } from './promise.ts'
import type { Room } from './room.ts'
import { started } from './settle.ts'
import type { KeyChange } from '../job/unique.ts'
import { rule } from './unique.ts'

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
    'was',
    'an edit of a payload that a twin has replaced since it was read is refused',
    async (room) => {
      const id = await room.add(rule())
      const newest = '{"to":"newest"}'
      await room.add({ ...rule('incomplete', { onConflict: 'replace' }), payload: newest })
      const was = (await room.see(id)).payload
      assert.equal(await edit(room, { id, was: '{"to":"ada"}' }), 'changed')
      assert.equal((await room.see(id)).payload, was)
      assert.equal(await edit(room, { id, was }), 'done')
      assert.equal(was, newest)
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
  [
    'key',
    'an edit may give a job another unique key: the old one is free, and the new one is taken',
    async (room) => {
      const id = await room.add(rule())
      assert.equal(await edit(room, { id, key: { from: 'k', to: 'new' } }), 'done')
      const { store, job } = room
      const answers = await store.enqueue(['k', 'new'].map((key) => job(rule('incomplete', { key }))))
      assert.deepEqual(
        answers.map((one) => (one.outcome === 'existing' ? one.id : one.outcome)),
        ['created', id],
      )
    },
  ],
  [
    'key-dead',
    'a dead job takes its new key when it comes back, and is refused while another job holds that one',
    async (room) => {
      const [id] = (await bury(room, [rule()])) as [string]
      const old = await room.add(rule())
      const other = await room.add(rule('incomplete', { key: 'new' }))
      assert.equal(await edit(room, { id, key: { from: 'k', to: 'new' } }), 'done')
      const ask = { verb: 'retry', ids: [id], by: 'ada' } as const
      assert.deepEqual(await room.store.act(ask), [{ outcome: 'refused', state: 'dead', twin: other }])
      await room.act('cancel', other)
      assert.equal(await room.act('retry', id), 'done')
      const newcomer = room.job(rule('incomplete', { key: 'new' }))
      assert.equal((await room.store.enqueue([newcomer]))[0]?.id, id)
      assert.deepEqual(await room.states([old]), ['ready'])
    },
  ],
  [
    'key-twin',
    'an edit that would give a job a key that another one holds is refused, and changes nothing',
    async (room) => {
      const id = await room.add(rule())
      const twin = await room.add(rule('incomplete', { key: 'new' }))
      const one = { id, payload, version: 2, revision: 0, by: 'ada', key: { from: 'k', to: 'new' } }
      assert.deepEqual(await room.store.edit([one]), [{ outcome: 'twin', state: 'ready', twin }])
      const [job] = await room.store.get([id], { revisions: true })
      assert.deepEqual([job?.version, job?.revisions], [1, []])
      await room.act('cancel', twin)
      assert.deepEqual(await room.store.edit([one]), [{ outcome: 'done', state: 'ready' }])
    },
  ],
  [
    'key-own',
    'a job that has another key than the edit is about keeps it; a job without a key gets none',
    async (room) => {
      const own = await room.add(rule('incomplete', { key: 'own' }))
      const plain = await room.add()
      for (const id of [own, plain])
        assert.equal(await edit(room, { id, key: { from: 'k', to: 'new' } }), 'done')
      const { store, job } = room
      const answers = await store.enqueue(['new', 'own'].map((key) => job(rule('incomplete', { key }))))
      assert.deepEqual(
        answers.map((one) => (one.outcome === 'existing' ? one.id : one.outcome)),
        ['created', own],
      )
    },
  ],
  [
    'key-redrive',
    'a redrive that edits looks at the new key: a job whose new key is held stays dead as it was, another one takes it',
    async (room) => {
      const ids = await bury(room, [rule(), rule('incomplete', { key: 'b' })])
      await room.add(rule('incomplete', { key: 'taken' }))
      await room.add(rule())
      const { store } = room
      const plan = { id: 'b', kind: 'redrive', filter: {}, by: 'ada', driver: 'd', needsCode: true } as const
      const { upTo } = await store.bulk.start(plan)
      const { jobs, to, isEnd } = await store.bulk.page({ filter: {}, after: 0, upTo, limit: 5 })
      const keys = [
        { from: 'k', to: 'free' },
        { from: 'b', to: 'taken' },
      ]
      const edited = jobs.map((one, i) => ({ ...one, payload, version: 1, key: keys[i] as KeyChange }))
      await store.bulk.step({ id: 'b', driver: 'd', from: 0, to, jobs: edited, isEnd })
      assert.deepEqual(await room.states(ids), ['ready', 'dead'])
      const [answer] = await store.enqueue([room.job(rule('incomplete', { key: 'free' }))])
      assert.equal(answer?.id, ids[0])
      assert.equal((await room.see(ids[1] as string)).payload, '{"to":"ada"}')
    },
  ],
])

export async function edit(
  room: Room,
  fields: Partial<Edit> & { readonly id: string },
): Promise<string | undefined> {
  const [edited] = await room.store.edit([{ payload, version: 1, revision: 0, by: 'ada', ...fields }])
  return edited?.outcome
}

import assert from 'node:assert/strict'
import type { NewJob } from '../job/job.ts'
import { namedStates, type Unique } from '../job/unique.ts'
import { type Case, theme } from './promise.ts'
import { findAll, queue, recount, type Hand, type Room } from './room.ts'

export type Named = keyof typeof namedStates

/** How a job holds the key `k`: while incomplete, and newcomers get the job that holds it, unless a story says otherwise. */
export const rule = (
  name: Named = 'incomplete',
  fields: Partial<Unique> = {},
): { readonly unique: Unique } => ({
  unique: { key: 'k', states: namedStates[name], onConflict: 'return', ...fields },
})

/** Whether somebody holds a key, asked by a newcomer that would rather be refused. */
export async function isHeld({ store, job }: Room, key = 'k', name = queue): Promise<boolean> {
  const newcomer = job({ ...rule('incomplete', { onConflict: 'throw', key }), queue: name })
  const [answer] = await store.enqueue([newcomer])
  return answer?.outcome === 'refused'
}

/** One job, alone in its queue. */
interface Scene {
  readonly room: Room
  readonly id: string
  readonly queue: string
}

interface Event {
  readonly about: string
  /** In the order waiting, incomplete, successful, present. */
  readonly held: readonly [boolean, boolean, boolean, boolean]
  readonly fields?: Partial<NewJob>
  happen(scene: Scene): Promise<unknown>
}

const start = async ({ room, queue }: Scene) => {
  const worker = await room.hand({ queues: [queue] })
  return { worker, job: await worker.one() }
}

const ends =
  (...args: [move: Parameters<Hand['settle']>[1], fields?: Parameters<Hand['settle']>[2]]) =>
  async (scene: Scene) => {
    const { worker, job } = await start(scene)
    assert.equal(await worker.settle(job, ...args), 'applied')
  }

const always = [true, true, true, true] as const
const never = [false, false, false, false] as const
const asPresent = [false, false, false, true] as const

/** The table of docs/guide/unique.md. */
const events: Readonly<Record<string, Event>> = {
  enqueue: { about: 'waits', held: always, happen: async () => {} },
  promote: {
    about: 'was promoted',
    held: always,
    fields: { delayMs: 5_000 },
    happen: ({ room, id }) => room.act('promote', id),
  },
  claim: { about: 'runs', held: [false, true, true, true], happen: start },
  complete: { about: 'is completed', held: [false, false, true, true], happen: ends('complete') },
  retry: { about: 'waits for a retry', held: always, happen: ends('retry', { delayMs: 5_000 }) },
  snooze: { about: 'is snoozed', held: always, happen: ends('snooze', { delayMs: 5_000 }) },
  release: { about: 'was released', held: always, happen: ends('release') },
  lapse: {
    about: 'has lost its worker',
    held: always,
    happen: async (scene) => scene.room.store.lapse([(await start(scene)).worker.id], 'it died'),
  },
  bury: { about: 'is dead', held: asPresent, happen: ends('bury', { reason: 'exhausted' }) },
  cancel: {
    about: 'was cancelled as it waited',
    held: asPresent,
    happen: ({ room, id }) => room.act('cancel', id),
  },
  stop: {
    about: 'was cancelled as it ran',
    held: asPresent,
    happen: async (scene) => {
      const { worker, job } = await start(scene)
      await scene.room.act('cancel', scene.id)
      await worker.settle(job, 'release')
    },
  },
  expire: {
    about: 'has expired',
    held: asPresent,
    fields: { ttlMs: 1_000 },
    happen: async ({ room: { clock, store } }) => {
      await clock.advance(1_000)
      await store.tend(100)
    },
  },
  remove: { about: 'was removed', held: never, happen: ({ room, id }) => room.act('remove', id) },
  retain: {
    about: 'was removed at the end of its retention',
    held: never,
    fields: { retain: { completed: 1_000, dead: 1_000, cancelled: 1_000 } },
    happen: async (scene) => {
      await ends('complete')(scene)
      await scene.room.clock.advance(1_000)
      await scene.room.store.tend(100)
    },
  },
}

const sets: readonly Named[] = ['waiting', 'incomplete', 'successful', 'present']

/** Every event with every set of states. */
const held: readonly Case[] = Object.entries(events).map(([name, event]): Case => {
  const holding = sets.filter((_, i) => event.held[i])
  const whom = holding.length === 0 ? 'nobody' : `a job that ${event.about}`
  const rules = holding.length === 0 || holding.length === 4 ? 'any rule' : holding.join(', ')
  return [
    name,
    `${whom} holds its key with ${rules}${holding.length === 0 ? ` when the job ${event.about}` : ''}`,
    async (room) => {
      for (const [i, set] of sets.entries()) {
        const id = await room.add({ ...rule(set, { key: set }), queue: set, ...event.fields })
        await event.happen({ room, id, queue: set })
        assert.equal(await isHeld(room, set, set), event.held[i], set)
      }
      await recount(room.store)
    },
  ]
})

export const uniquePromises = theme('unique', 'L0', [
  ...held,
  [
    'existing',
    'a newcomer whose key is held is answered with the job that holds it, and is not written',
    async ({ store, job }) => {
      const [first, second] = [job({ ...rule(), delayMs: 5_000 }), job(rule())]
      await store.enqueue([first])
      assert.deepEqual(await store.enqueue([second]), [
        { id: first.id, outcome: 'existing', state: 'scheduled', task: 'mail' },
      ])
      assert.equal((await findAll(store)).length, 1)
    },
  ],
  [
    'in-call',
    'in one call the first of a key wins, and the answers keep their places',
    async ({ store, job }) => {
      const [a, b, c] = [job(rule()), job(), job(rule())]
      const other = job({ unique: { ...rule().unique, key: 'another' } })
      const answers = await store.enqueue([a, b, c, other])
      assert.deepEqual(
        answers.map(({ id, outcome }) => [id, outcome]),
        [
          [a.id, 'created'],
          [b.id, 'created'],
          [a.id, 'existing'],
          [other.id, 'created'],
        ],
      )
    },
  ],
  [
    'id-first',
    'an id that is known is a duplicate, whoever holds the key',
    async ({ store, job, add }) => {
      const mine = job()
      await store.enqueue([mine])
      await add(rule())
      const [answer] = await store.enqueue([{ ...mine, ...rule('incomplete', { onConflict: 'throw' }) }])
      assert.deepEqual([answer?.id, answer?.outcome], [mine.id, 'duplicate'])
    },
  ],
  [
    'throw',
    'with throw a newcomer is refused, the answer names its twin, and the rest of the call is written',
    async ({ store, job, add, states }) => {
      const twin = await add(rule())
      const [refused, plain] = [job(rule('incomplete', { onConflict: 'throw' })), job()]
      assert.deepEqual(await store.enqueue([refused, plain]), [
        { id: refused.id, outcome: 'refused', refusal: { because: 'twin', twin } },
        { id: plain.id, outcome: 'created', state: 'ready', task: 'mail' },
      ])
      assert.deepEqual(await states([refused.id, plain.id]), ['gone', 'ready'])
    },
  ],
  [
    'all-or-none',
    'in an all-or-none call one refusal refuses all, and nothing is written or held',
    async ({ store, job, add, states, count }) => {
      const twin = await add(rule())
      const refused = job(rule('incomplete', { onConflict: 'throw' }))
      const other = job({ unique: { ...rule().unique, key: 'another' }, queue: 'never', tags: ['red'] })
      const batch = { outcome: 'refused', refusal: { because: 'batch' } }
      assert.deepEqual(await store.enqueue([other, refused], { allOrNone: true }), [
        { id: other.id, ...batch },
        { id: refused.id, outcome: 'refused', refusal: { because: 'twin', twin } },
      ])
      assert.deepEqual(await states([other.id, refused.id]), ['gone', 'gone'])
      assert.equal((await count('never')).states.ready, 0)
      assert.equal((await store.enqueue([other], { allOrNone: true }))[0]?.outcome, 'created')
    },
    { lacks: 'apart' },
  ],
  [
    'tx-rollback',
    'a key that was taken in a transaction that is rolled back was never taken',
    async (room) => {
      const own = await room.house.begin?.()
      const [answer] = await room.store.enqueue([room.job(rule())], { tx: own?.tx })
      assert.equal(answer?.outcome, 'created')
      await own?.rollback()
      assert.equal(await isHeld(room), false)
    },
    { needs: ['tx', 'begin'] },
  ],
])

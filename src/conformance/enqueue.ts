import assert from 'node:assert/strict'
import { theme } from './promise.ts'
import { queue } from './room.ts'

/** What becomes of a job that is handed in. */
export const enqueuePromises = theme('enqueue', 'L0', [
  [
    'answers',
    'the answers come in the order of the jobs, with id, outcome, state and task',
    async ({ store, job }) => {
      const jobs = [job({ task: 'a' }), job({ task: 'b', delayMs: 1_000 }), job({ task: 'c' })]
      const answers = await store.enqueue(jobs)
      assert.deepEqual(answers, [
        { id: jobs[0]?.id, outcome: 'created', state: 'ready', task: 'a' },
        { id: jobs[1]?.id, outcome: 'created', state: 'scheduled', task: 'b' },
        { id: jobs[2]?.id, outcome: 'created', state: 'ready', task: 'c' },
      ])
    },
  ],
  [
    'zero',
    'a new job has no failure, no fence, no attempt, no loss, no snooze and no release',
    async ({ add, see }) => {
      const { failures, fence, attempt, losses, snoozes, releases, attempts, logs } = await see(await add())
      assert.deepEqual([failures, fence, attempt, losses, snoozes, releases], [0, 0, 0, 0, 0, 0])
      assert.deepEqual([attempts, logs], [[], []])
    },
  ],
  [
    'fields',
    'what was handed in is read back as it was',
    async ({ store, job, see, clock }) => {
      const given = job({
        task: 'thumb',
        queue: 'images',
        version: 7,
        priority: 2,
        maxAttempts: 9,
        tags: ['b', 'a'],
      })
      await store.enqueue([given])
      const {
        id,
        task,
        queue: name,
        payload,
        version,
        priority,
        maxAttempts,
        tags,
        createdAt,
        availableAt,
      } = await see(given.id)
      assert.deepEqual(
        { id, task, queue: name, payload, version, priority, maxAttempts, tags: [...tags].sort() },
        {
          id: given.id,
          task: 'thumb',
          queue: 'images',
          payload: given.payload,
          version: 7,
          priority: 2,
          maxAttempts: 9,
          tags: ['a', 'b'],
        },
      )
      assert.deepEqual([createdAt, availableAt], [clock.now(), clock.now()])
    },
  ],
  [
    'duplicate',
    'an id that is known is answered as a duplicate and changes nothing',
    async ({ store, job, see }) => {
      const first = job({ task: 'first' })
      await store.enqueue([first])
      const before = await see(first.id)
      const answers = await store.enqueue([
        { ...first, task: 'second', payload: '2', queue: 'other', delayMs: 5_000 },
      ])
      assert.deepEqual(answers, [{ id: first.id, outcome: 'duplicate', state: 'ready', task: 'first' }])
      assert.deepEqual(await see(first.id), before)
    },
  ],
  [
    'duplicate-in-call',
    'the same id twice in one call is one job',
    async ({ store, job, count }) => {
      const one = job()
      const answers = await store.enqueue([one, job(), one])
      assert.deepEqual(
        answers.map(({ outcome }) => outcome),
        ['created', 'created', 'duplicate'],
      )
      assert.equal((await count()).states.ready, 2)
    },
  ],
  [
    'duplicate-final',
    'a job that is done is not run again by the same id',
    async ({ store, job, hand }) => {
      const one = job()
      await store.enqueue([one])
      const worker = await hand()
      await worker.settle(await worker.one(), 'complete')
      const [answer] = await store.enqueue([one])
      assert.deepEqual([answer?.outcome, answer?.state], ['duplicate', 'completed'])
      assert.equal((await worker.claim(10)).jobs.length, 0)
    },
  ],
  [
    'delay',
    'a delay makes a job scheduled, available that long after the store received it',
    async ({ add, see, clock }) => {
      const { state, availableAt, createdAt } = await see(await add({ delayMs: 1_500 }))
      assert.deepEqual([state, availableAt, createdAt], ['scheduled', clock.now() + 1_500, clock.now()])
    },
  ],
  [
    'run-at',
    'runAt makes a job scheduled until that instant',
    async ({ add, see, clock }) => {
      const runAt = clock.now() + 86_400_000
      const { state, availableAt } = await see(await add({ runAt }))
      assert.deepEqual([state, availableAt], ['scheduled', runAt])
    },
  ],
  [
    'run-at-past',
    'a runAt that has passed makes the job ready, available from now',
    async ({ add, see, clock }) => {
      const { state, availableAt } = await see(await add({ runAt: clock.now() - 60_000 }))
      assert.deepEqual([state, availableAt], ['ready', clock.now()])
    },
  ],
  [
    'empty',
    'nothing handed in is nothing answered',
    async ({ store }) => {
      assert.deepEqual(await store.enqueue([]), [])
    },
  ],
  [
    'many',
    'a thousand jobs of one call are claimed in their order',
    async ({ addMany, hand }) => {
      const ids = await addMany(1_000)
      const worker = await hand()
      const { jobs } = await worker.claim(1_000)
      assert.deepEqual(
        jobs.map(({ id }) => id),
        ids,
      )
    },
  ],
  [
    'own-id',
    'an id of the caller’s own, 255 bytes of any script, is kept as it is',
    async ({ add, see, hand }) => {
      const id = `${'ж'.repeat(120)} 猫/"'%_\\`.padEnd(140, '.')
      await add({ id })
      assert.equal((await see(id)).id, id)
      assert.equal((await (await hand()).one()).id, id)
    },
  ],
  [
    'tx-refused',
    'a store without transactions of the caller’s refuses one with LW1014, and writes nothing',
    async ({ store, job, see }) => {
      const one = job()
      await assert.rejects(store.enqueue([one], { tx: {} }), { code: 'LW1014' })
      await assert.rejects(see(one.id))
    },
    { lacks: 'tx' },
  ],
  [
    'tx-wrong',
    'something that is no transaction of this store is refused with LW1014',
    async ({ store, job, states }) => {
      const one = job()
      await assert.rejects(store.enqueue([one], { tx: {} }), { code: 'LW1014' })
      assert.deepEqual(await states([one.id]), ['gone'])
    },
    { needs: ['tx'] },
  ],
  [
    'tx-commit',
    'a job in the caller’s transaction is there when it commits, not before',
    async ({ store, job, states, house, hand }) => {
      const one = job()
      const own = await house.begin?.()
      assert.equal((await store.enqueue([one], { tx: own?.tx }))[0]?.outcome, 'created')
      assert.deepEqual(await states([one.id]), ['gone'])
      await own?.commit()
      assert.equal((await (await hand()).one()).id, one.id)
    },
    { needs: ['tx', 'begin'] },
  ],
  [
    'tx-rollback',
    'a job in a transaction that is rolled back was never there',
    async ({ store, job, states, house, count }) => {
      const one = job()
      const own = await house.begin?.()
      await store.enqueue([one], { tx: own?.tx })
      await own?.rollback()
      assert.deepEqual(await states([one.id]), ['gone'])
      assert.equal((await count()).states.ready, 0)
      assert.equal((await store.enqueue([one]))[0]?.outcome, 'created')
    },
    { needs: ['tx', 'begin'] },
  ],
  [
    'paused',
    'a paused queue takes jobs',
    async ({ store, add, states }) => {
      await store.setQueues([{ name: queue, paused: { reason: 'repair', by: 'ada' } }])
      assert.deepEqual(await states([await add()]), ['ready'])
    },
  ],
])

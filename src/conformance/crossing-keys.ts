import assert from 'node:assert/strict'
import type { SettleMove } from '../job/job.ts'
import { limit, outcomes } from './intake.ts'
import { suspects } from './poison.ts'
import { theme } from './promise.ts'
import { anError, queue, recount, type Room } from './room.ts'
import { slotStates, timetable } from './schedules.ts'
import { started } from './settle.ts'
import { meet, overtaken } from './twins.ts'
import { isHeld, rule } from './unique.ts'

const pause = ({ store }: Room) => store.setQueues([{ name: queue, paused: { reason: 'repair', by: 'ada' } }])

/** Unique keys where another feature decides over the job that holds them. */
export const keyCrossings = [
  ...theme('unique', 'L0', [
    [
      'asked',
      'a running job that was asked to stop holds its key until it has stopped',
      async (room) => {
        const { id, worker, lease } = await started(room, rule())
        assert.equal(await room.act('cancel', id), 'asked')
        assert.equal(await isHeld(room), true)
        assert.equal(await worker.settle(lease, 'cancel', { reason: 'asked' }), 'applied')
        assert.equal(await isHeld(room), false)
      },
    ],
    [
      'stale',
      'an ending by a worker that lost its lease lets no key go',
      async (room) => {
        const { worker, lease } = await started(room, rule())
        await room.store.lapse([worker.id], 'it died')
        for (const move of ['complete', 'bury', 'cancel'] as const satisfies SettleMove[]) {
          assert.equal(await worker.settle(lease, move, { reason: 'late' }), 'stale')
          assert.equal(await isHeld(room), true, move)
        }
      },
    ],
    [
      'crashed',
      'a job that its losses have ended lets its key go, also one that was asked to stop',
      async (room) => {
        for (const onCrash of ['dead', 'fail', 'retry'] as const) {
          const unique = rule('incomplete', { key: onCrash })
          const id = await room.add({ ...unique, onCrash, maxAttempts: 1, queue: onCrash })
          const worker = await room.hand({ queues: [onCrash] })
          await worker.one()
          if (onCrash === 'retry') await room.act('cancel', id)
          await room.store.lapse([worker.id], 'it died')
          assert.deepEqual(await room.states([id]), [onCrash === 'retry' ? 'cancelled' : 'dead'])
          assert.equal(await isHeld(room, onCrash, onCrash), false, onCrash)
        }
      },
    ],
    [
      'leave',
      'a job that its worker gives back as it leaves holds its key with any rule',
      async (room) => {
        for (const set of ['waiting', 'incomplete', 'present'] as const) {
          await room.add({ ...rule(set, { key: set }), queue: set })
          const worker = await room.hand({ queues: [set] })
          await worker.one()
          await room.store.leave(worker.id)
          assert.equal(await isHeld(room, set, set), true, set)
        }
      },
    ],
    [
      'expired-unseen',
      'a waiting job whose ttl or deadline has passed holds its key no more, although nobody has buried it yet',
      async (room) => {
        const first = await room.add({ ...rule(), ttlMs: 1_000 })
        await room.clock.advance(999)
        assert.equal(await isHeld(room), true)
        await room.clock.advance(1)
        for (const onConflict of ['return', 'throw', 'replace', 'latest'] as const) {
          const { newcomer, outcome } = await meet(room, {
            ...rule('incomplete', { onConflict }),
            ttlMs: 500,
          })
          assert.equal(outcome, 'created', onConflict)
          assert.equal((await meet(room, rule())).id, newcomer.id)
          await room.clock.advance(500)
        }
        const last = await meet(room, rule())
        await room.store.tend(100)
        assert.deepEqual(await room.states([first, last.newcomer.id]), ['dead', 'ready'])
        assert.equal((await meet(room, rule())).id, last.newcomer.id)
        await recount(room.store)
      },
    ],
    [
      'expired-present',
      'a job that has expired holds its key on where a dead one would, and is not replaced any more',
      async (room) => {
        const id = await room.add({ ...rule('present'), ttlMs: 1_000 })
        await room.clock.advance(1_000)
        const met = await meet(room, { ...rule('present', { onConflict: 'replace' }), payload: '2' })
        assert.deepEqual([met.id, met.outcome], [id, 'existing'])
        await room.store.tend(100)
        assert.deepEqual(await room.states([id]), ['dead'])
        assert.equal((await meet(room, rule('present'))).id, id)
      },
    ],
    [
      'overdue-running',
      'a job that runs past its deadline holds its key until it has ended',
      async (room) => {
        const { worker, lease } = await started(room, { ...rule(), deadlineMs: 1_000 })
        await room.clock.advance(2_000)
        await room.store.tend(100)
        assert.equal(await isHeld(room), true)
        await worker.settle(lease, 'complete')
        assert.equal(await isHeld(room), false)
      },
    ],
    [
      'queues',
      'a key is the same key in every queue, paused or not',
      async (room) => {
        const id = await room.add(rule())
        await pause(room)
        assert.equal((await meet(room, { ...rule(), queue: 'other' })).id, id)
        assert.equal((await meet(room, rule())).id, id)
        await room.act('cancel', id)
        assert.equal((await meet(room, { ...rule(), queue: 'other' })).outcome, 'created')
        assert.equal(await isHeld(room), true)
      },
    ],
    [
      'repeat',
      'an enqueue that is sent again finds its own job, and is not refused by it',
      async (room) => {
        for (const onConflict of ['throw', 'replace', 'return'] as const) {
          const one = room.job(rule('present', { onConflict, key: onConflict }))
          const answers = [...(await room.store.enqueue([one])), ...(await room.store.enqueue([one]))]
          assert.deepEqual(
            answers.map(({ id, outcome }) => [id, outcome]),
            [
              [one.id, 'created'],
              [one.id, 'duplicate'],
            ],
          )
        }
      },
    ],
    [
      'full',
      'a newcomer that its queue refuses takes no key, and stands for nobody of its call',
      async (room) => {
        await limit(room, { maxWaiting: 0 })
        const jobs = [room.job(rule()), room.job({ ...rule(), queue: 'other' }), room.job(rule())]
        const answers = await room.store.enqueue(jobs)
        assert.deepEqual(
          answers.map((answer) => [answer.outcome, answer.id]),
          [
            ['refused', jobs[0]?.id],
            ['created', jobs[1]?.id],
            ['existing', jobs[1]?.id],
          ],
        )
        await room.act('remove', String(jobs[1]?.id))
        await limit(room, null)
        assert.equal(await isHeld(room), false)
      },
    ],
    [
      'full-together',
      'an all-or-none call that is refused has replaced nobody',
      async (room) => {
        const id = await room.add({ ...rule(), delayMs: 60_000 })
        const before = await room.see(id)
        await limit(room, { maxWaiting: 1 })
        const newest = room.job({ ...rule('incomplete', { onConflict: 'replace' }), payload: '2' })
        const answers = await room.store.enqueue([newest, room.job()], { allOrNone: true })
        assert.deepEqual(
          answers.map((answer) => answer.outcome === 'refused' && answer.refusal.because),
          ['batch', 'queue-full'],
        )
        assert.deepEqual(await room.see(id), before)
        await recount(room.store)
      },
    ],
  ]),
  ...theme('twin', 'L0', [
    [
      'yield-leave',
      'a job whose worker gives it back as it leaves is cancelled where a newer one holds the key',
      async (room) => {
        const { id, worker, twin } = await overtaken(room)
        await room.store.leave(worker.id)
        assert.deepEqual(await room.states([id, twin]), ['cancelled', 'ready'])
        await recount(room.store)
      },
    ],
    [
      'yield-isolate',
      'a job whose isolate crashed is cancelled where it would come back and a newer one holds the key, and dead where it would not',
      async (room) => {
        const again = await overtaken(room)
        await again.worker.settle(again.lease, 'lapse', { error: anError() })
        const { state, reason, losses } = await room.see(again.id)
        assert.deepEqual([state, reason, losses], ['cancelled', `replaced by ${again.twin}`, 1])
        await room.act('remove', again.twin)
        const last = await overtaken(room)
        await last.worker.settle(last.lease, 'bury', { reason: 'poison', error: anError() })
        assert.deepEqual(await room.states([last.id, last.twin]), ['dead', 'ready'])
        await recount(room.store)
      },
    ],
    [
      'overtaken-lost',
      'a job that a loss ends is dead, and found among the dead, also where a newer one holds its key',
      async (room) => {
        const id = await room.add({ ...rule('waiting'), onCrash: 'dead' })
        const worker = await room.hand()
        await worker.one()
        const { newcomer } = await meet(room, rule('waiting'))
        await room.store.lapse([worker.id], 'it died')
        const { state, reason } = await room.see(id)
        assert.deepEqual([state, reason], ['dead', 'crashed'])
        assert.equal((await room.store.failures.list())[0]?.count, 1)
        assert.equal((await meet(room, rule('waiting'))).id, newcomer.id)
      },
    ],
    [
      'overtaken-dies',
      'a job whose key a newer one holds dies as ever, and comes back only when that one has let go',
      async (room) => {
        const { id, worker, lease, twin } = await overtaken(room)
        await worker.settle(lease, 'bury', { reason: 'exhausted', error: anError() })
        assert.deepEqual(await room.states([id, twin]), ['dead', 'ready'])
        assert.equal(await room.act('retry', id), 'refused')
        await worker.one()
        assert.equal(await room.act('retry', id), 'done')
        assert.equal((await meet(room, rule('waiting'))).id, id)
      },
    ],
    [
      'order',
      'the endings of one call count in their order: a key that one lets go is free for the next, not for the one before',
      async (room) => {
        for (const isFirst of [true, false]) {
          const { id, worker, lease } = await started(room, rule('waiting'))
          const other = room.job(rule('incomplete'))
          await room.store.enqueue([other])
          const done = { ...(await worker.one()), move: 'complete' } as const
          const back = { ...lease, move: 'retry', error: anError(), delayMs: 9_000 } as const
          const moves = (isFirst ? [done, back] : [back, done]).map(({ fence, ...one }) => {
            const { move, id: job } = one
            const rest = 'delayMs' in one && { error: one.error, delayMs: one.delayMs }
            return { id: job, fence, move, ...rest }
          })
          assert.deepEqual(await room.store.settle(worker.id, moves), ['applied', 'applied'])
          const after = isFirst ? 'scheduled' : 'cancelled'
          assert.deepEqual(await room.states([id, other.id]), [after, 'completed'])
          assert.equal(await isHeld(room), isFirst)
          if (isFirst) await room.act('remove', id)
        }
      },
    ],
    [
      'revive-late',
      'a job whose time with its key is over comes back without it, whoever holds it',
      async (room) => {
        const id = await room.add(rule('incomplete', { forMs: 1_000 }))
        await room.act('cancel', id)
        const { newcomer } = await meet(room, rule())
        assert.equal(await room.act('retry', id), 'refused')
        await room.clock.advance(1_000)
        assert.equal(await room.act('retry', id), 'done')
        assert.equal((await meet(room, rule())).id, newcomer.id)
        await room.act('remove', newcomer.id)
        assert.equal(await isHeld(room), false)
      },
    ],
    [
      'revive-own',
      'a finished job that holds its key is no twin of itself: a person may run it again',
      async (room) => {
        const { id, worker, lease } = await started(room, rule('present'))
        await worker.settle(lease, 'complete')
        assert.equal(await room.act('retry', id), 'done')
        assert.equal((await meet(room, rule())).id, id)
      },
    ],
    [
      'window-replaced',
      'a job that is replaced holds its key no longer for it',
      async (room) => {
        const replacing = rule('present', { forMs: 10_000, onConflict: 'replace' })
        const id = await room.add({ ...replacing, delayMs: 60_000 })
        await room.clock.advance(9_999)
        assert.equal((await meet(room, { ...replacing, delayMs: 60_000 })).id, id)
        await room.clock.advance(1)
        assert.equal((await meet(room, replacing)).outcome, 'created')
        assert.deepEqual(await room.states([id]), ['scheduled'])
      },
    ],
    [
      'latest-retrying',
      'with latest a job that waits to be tried again takes the payload and keeps time, priority and counters',
      async (room) => {
        const { id, worker, lease } = await started(room, rule())
        await worker.settle(lease, 'retry', { delayMs: 5_000, error: anError() })
        const { availableAt, priority } = await room.see(id)
        const met = await meet(room, {
          ...rule('incomplete', { onConflict: 'latest' }),
          payload: '2',
          priority: 1,
        })
        const seen = await room.see(id)
        assert.deepEqual(
          [met.id, seen.payload, seen.availableAt, seen.priority, seen.failures, seen.attempt],
          [id, '2', availableAt, priority, 1, 1],
        )
      },
    ],
    [
      'replace-suspect',
      'a suspect that is replaced is tried alone all the same',
      async (room) => {
        const [id = ''] = await suspects(room, 1, rule())
        const met = await meet(room, { ...rule('incomplete', { onConflict: 'replace' }), payload: '2' })
        assert.deepEqual([met.id, met.outcome], [id, 'replaced'])
        const worker = await room.hand()
        assert.deepEqual((await worker.claim(5)).jobs, [])
        const { payload, suspect, losses } = await worker.one({ alone: true })
        assert.deepEqual([payload, suspect, losses], ['2', true, 2])
      },
    ],
    [
      'replace-version',
      'a job that took a newer payload waits for a worker that knows its version',
      async (room) => {
        const id = await room.add({ ...rule(), version: 1 })
        await meet(room, { ...rule('incomplete', { onConflict: 'latest' }), payload: '2', version: 2 })
        const worker = await room.hand()
        const knows = (version: number) => ({ tasks: [{ name: 'mail', version }] })
        assert.deepEqual((await worker.claim(5, knows(1))).jobs, [])
        assert.equal((await worker.one(knows(2))).id, id)
      },
    ],
    [
      'replace-held',
      'a run that waits for an earlier one of its schedule is not replaced: the newcomer gets it as it is',
      async (room) => {
        const table = await timetable(room, 'bufferAll')
        await table.fire([0])
        await table.fire([1], {}, rule())
        assert.deepEqual(await slotStates(room, table, [0, 1]), ['ready', 'blocked'])
        const before = await room.see(table.id(1))
        for (const onConflict of ['replace', 'latest'] as const) {
          const met = await meet(room, { ...rule('incomplete', { onConflict }), payload: '2' })
          assert.deepEqual([met.id, met.outcome], [table.id(1), 'existing'])
        }
        assert.deepEqual(await room.see(table.id(1)), before)
        assert.deepEqual(await outcomes(room, 1, rule('waiting')), ['existing'])
      },
    ],
  ]),
]

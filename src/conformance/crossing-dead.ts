import assert from 'node:assert/strict'
import type { ClaimedJob } from '../job/job.ts'
import { start, stepOver } from './bulk.ts'
import { edit } from './edit.ts'
import { bury } from './failures.ts'
import { limit } from './intake.ts'
import { crash, suspects } from './poison.ts'
import { theme } from './promise.ts'
import { anError, queue, recount, type Room } from './room.ts'
import { line, outcomesOf, slotStates, timetable } from './schedules.ts'
import { started } from './settle.ts'
import { meet } from './twins.ts'
import { isHeld, rule } from './unique.ts'

const pause = ({ store }: Room) => store.setQueues([{ name: queue, paused: { reason: 'repair', by: 'ada' } }])

/** Dead letters and their redrive where another feature has a say. */
export const deadCrossings = [
  ...theme('bulk', 'L0', [
    [
      'twin',
      'a redrive passes a dead job over whose unique key another holds, and counts it as skipped',
      async (room) => {
        const [first, second] = await bury(room, [rule(), {}])
        const twin = await room.add(rule())
        const { done, skipped, state } = await stepOver(room, await start(room))
        assert.deepEqual([done, skipped, state], [1, 1, 'done'])
        assert.deepEqual(await room.states([String(first), String(second), twin]), ['dead', 'ready', 'ready'])
        assert.equal((await meet(room, rule())).id, twin)
      },
    ],
    [
      'twin-in-step',
      'of two dead jobs of one key in a step the first comes back and holds the key',
      async (room) => {
        const ids = [...(await bury(room, [rule()])), ...(await bury(room, [rule()]))]
        const { done, skipped } = await stepOver(room, await start(room))
        assert.deepEqual([done, skipped], [1, 1])
        assert.deepEqual(await room.states(ids), ['ready', 'dead'])
        assert.equal((await meet(room, rule())).id, ids[0])
        await recount(room.store)
      },
    ],
    [
      'begins-anew',
      'a redriven job has no losses, is no suspect, counts its deadline anew and goes on from its checkpoint',
      async (room) => {
        const [id = ''] = await suspects(room, 1, { deadlineMs: 600_000, ...rule() })
        const worker = await room.hand()
        const lease = await worker.one({ alone: true })
        await room.store.record(worker.id, [{ ...pick(lease), checkpoint: '{"page":7}' }])
        await room.store.lapse([worker.id], 'it died')
        assert.equal((await room.see(id)).reason, 'poison')
        assert.equal((await stepOver(room, await start(room))).done, 1)
        const again = await (await room.hand()).one()
        assert.deepEqual(
          [again.id, again.losses, again.failures, again.suspect, again.attempt, again.checkpoint],
          [id, 0, 0, undefined, 4, '{"page":7}'],
        )
        assert.ok(again.fence > lease.fence)
        assert.equal(again.deadlineAt, room.clock.now() + 600_000)
        assert.equal((await meet(room, rule())).id, id)
      },
    ],
    [
      'stale',
      'an ending of the life before does not end a job that was redriven',
      async (room) => {
        const { id, worker, lease } = await started(room)
        const ending = { reason: 'exhausted', error: anError() }
        await worker.settle(lease, 'bury', ending)
        await stepOver(room, await start(room))
        assert.equal(await worker.settle(lease, 'bury', ending), 'applied')
        assert.equal(await worker.settle(lease, 'complete'), 'conflict')
        assert.deepEqual(await room.states([id]), ['ready'])
        const next = await worker.one()
        assert.equal(await worker.settle(lease, 'bury', ending), 'applied')
        assert.equal((await room.see(next.id)).state, 'running')
      },
    ],
    [
      'paused-queue',
      'a redrive brings jobs of a paused queue back, and they wait there',
      async (room) => {
        const ids = await bury(room, [{}, {}])
        await pause(room)
        assert.equal((await stepOver(room, await start(room))).done, 2)
        assert.deepEqual(await room.states(ids), ['ready', 'ready'])
        assert.deepEqual((await (await room.hand()).claim(5)).jobs, [])
      },
    ],
    [
      'full',
      'a redrive and a person’s retry are never refused for want of room in a queue',
      async (room) => {
        const ids = await bury(room, [{}, {}, {}])
        await limit(room, { maxWaiting: 1 })
        assert.equal(await room.act('retry', String(ids[0])), 'done')
        assert.equal((await stepOver(room, await start(room))).done, 2)
        assert.deepEqual(await room.states(ids), ['ready', 'ready', 'ready'])
        assert.equal((await meet(room, {})).outcome, 'refused')
      },
    ],
    [
      'schedule',
      'a run of a schedule that is redriven counts as running again',
      async (room) => {
        const table = await timetable(room, 'skip')
        const hand = await room.hand()
        await table.fire([0])
        await hand.settle(await hand.one(), 'bury', { reason: 'exhausted', error: anError() })
        assert.equal((await stepOver(room, await start(room))).done, 1)
        assert.deepEqual(outcomesOf(await table.fire([1])), ['skipped'])
        await hand.settle(await hand.one(), 'complete')
        assert.deepEqual(outcomesOf(await table.fire([2])), ['fired'])
      },
    ],
    [
      'canary-twin',
      'a job that a redrive passes over is no canary: the next one is',
      async (room) => {
        const ids = await bury(room, [rule(), {}, {}])
        await room.add({ ...rule(), queue: 'other' })
        const first = await stepOver(room, await start(room, { canary: 1 }), { limit: 1 })
        assert.deepEqual([first.state, first.skipped, first.canaries], ['running', 1, []])
        const second = await stepOver(room, first, { limit: 1 })
        assert.deepEqual([second.state, second.done, second.canaries], ['canary', 1, [ids[1]]])
      },
    ],
    [
      'purge-key',
      'a purge lets the unique keys go that dead jobs held',
      async (room) => {
        await bury(room, [rule('present')])
        assert.equal(await isHeld(room), true)
        assert.equal((await stepOver(room, await start(room, { kind: 'purge' }))).done, 1)
        assert.equal(await isHeld(room), false)
      },
    ],
  ]),
  ...theme('edit', 'L0', [
    [
      'suspect',
      'a suspect that is edited is tried alone all the same',
      async (room) => {
        const [id = ''] = await suspects(room, 1)
        assert.equal(await edit(room, { id, payload: '2' }), 'done')
        const worker = await room.hand()
        assert.deepEqual((await worker.claim(5)).jobs, [])
        assert.equal((await worker.one({ alone: true })).payload, '2')
      },
    ],
    [
      'held',
      'a run that waits for an earlier one of its schedule keeps its place with its new payload',
      async (room) => {
        const { table, hand } = await line(room)
        assert.equal(await edit(room, { id: table.id(1), payload: '2' }), 'done')
        assert.deepEqual(await slotStates(room, table, [1]), ['blocked'])
        await hand.settle(await hand.one(), 'complete')
        const { id, payload } = await hand.one()
        assert.deepEqual([id, payload], [table.id(1), '2'])
      },
    ],
    [
      'version',
      'a job whose payload became a newer one waits for a worker that knows its version',
      async (room) => {
        const id = await room.add()
        assert.equal(await edit(room, { id, version: 2 }), 'done')
        const worker = await room.hand()
        const knows = (version: number) => ({ tasks: [{ name: 'mail', version }] })
        assert.deepEqual((await worker.claim(5, knows(1))).jobs, [])
        assert.equal((await worker.one(knows(2))).id, id)
      },
    ],
  ]),
  ...theme('failures', 'L0', [
    [
      'stale',
      'an ending by a worker that lost its lease puts no job into a group',
      async (room) => {
        const { worker, lease } = await started(room)
        await room.store.lapse([worker.id], 'it died')
        assert.equal(await worker.settle(lease, 'bury', { reason: 'exhausted', error: anError() }), 'stale')
        assert.deepEqual(await room.store.failures.list(), [])
      },
    ],
  ]),
  ...theme('cancel', 'L0', [
    [
      'isolate',
      'a job that was asked to stop and whose isolate crashed is cancelled, whatever the crash would have meant',
      async (room) => {
        const ends = [
          ['lapse', undefined],
          ['bury', 'poison'],
          ['bury', 'crashed'],
        ] as const
        for (const [move, reason] of ends) {
          const { id, worker, lease } = await started(room)
          await room.act('cancel', id, 'enough')
          const ending = { error: anError(), ...(reason && { reason }) }
          assert.equal(await worker.settle(lease, move, ending), 'applied')
          const seen = await room.see(id)
          assert.deepEqual(
            [seen.state, seen.reason, seen.failures, seen.losses],
            ['cancelled', 'enough', 0, 1],
          )
        }
        assert.deepEqual(await room.store.failures.list(), [])
        await recount(room.store)
      },
    ],
  ]),
  ...theme('expire', 'L0', [
    [
      'paused',
      'jobs of a paused queue expire too',
      async (room) => {
        const id = await room.add({ ttlMs: 1_000 })
        await pause(room)
        await room.clock.advance(1_000)
        assert.equal((await room.store.tend(100)).expired, 1)
        assert.deepEqual(await room.states([id]), ['dead'])
      },
    ],
    [
      'suspect',
      'a suspect that waits at its deadline is dead, expired, and not poison',
      async (room) => {
        const [id = ''] = await suspects(room, 1, { deadlineMs: 60_000 })
        await room.clock.advance(60_000)
        assert.deepEqual((await (await room.hand()).claim(1, { alone: true })).jobs, [])
        await room.store.tend(100)
        const { state, reason, losses } = await room.see(id)
        assert.deepEqual([state, reason, losses], ['dead', 'expired', 2])
      },
    ],
    [
      'lost',
      'a job whose worker is lost after its ttl but before its deadline runs again',
      async (room) => {
        const id = await room.add({ ttlMs: 1_000, deadlineMs: 60_000 })
        const worker = await room.hand()
        await worker.one()
        await room.clock.advance(2_000)
        await room.store.lapse([worker.id], 'it died')
        await room.store.tend(100)
        assert.deepEqual(await room.states([id]), ['ready'])
        await crash(room, 1)
        assert.equal((await room.see(id)).losses, 2)
      },
    ],
  ]),
]

const pick = ({ id, fence }: ClaimedJob) => ({ id, fence })

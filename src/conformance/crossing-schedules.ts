import assert from 'node:assert/strict'
import { roomOf, slotId } from '../job/schedule.ts'
import type { Fired } from '../store/index.ts'
import { limit } from './intake.ts'
import { crash } from './poison.ts'
import { theme } from './promise.ts'
import { anError, queue, recount, type Room } from './room.ts'
import { line, outcomesOf, slotStates, template, type Timetable, timetable } from './schedules.ts'
import { meet } from './twins.ts'
import { isHeld, rule } from './unique.ts'

const paused = { paused: { reason: 'repair', by: 'ada' } }

/** Asks for a run now, besides the calendar. */
async function trigger(
  room: Room,
  table: Timetable,
  { n, overlap = 'bufferAll' }: { readonly n: number; readonly overlap?: keyof typeof roomOf },
): Promise<{ readonly id: string; readonly fired: Fired }> {
  const now = room.clock.now()
  const id = slotId(table.name, now, `!${n}`)
  const facts = { name: table.name, at: now, from: now, isBackfill: false, isManual: true }
  const slots = [{ facts, job: { ...template, id } }]
  const revision = await table.revision()
  const firing = { name: table.name, revision, slots, skipped: [], room: roomOf[overlap] }
  return { id, fired: (await room.store.schedules.fire([firing]))[0] as Fired }
}

/** Schedules where another feature decides over their runs. */
export const scheduleCrossings = theme('schedule', 'L0', [
  [
    'keeps-place',
    'a run that is snoozed, released, tried again, lost or tried alone keeps its place: the next one waits on',
    async (room) => {
      const table = await timetable(room, 'bufferAll')
      await table.fire([0, 1])
      const waits = async (how: string) =>
        assert.deepEqual(await slotStates(room, table, [1]), ['blocked'], how)
      for (const move of ['snooze', 'release', 'retry'] as const) {
        const hand = await room.hand()
        await hand.settle(await hand.one(), move, { delayMs: 0, error: anError() })
        await waits(move)
      }
      await crash(room, 1)
      await crash(room, 1)
      await room.clock.advance(600_000)
      await room.store.tend(100)
      assert.equal((await room.see(table.id(0))).suspect, true)
      await waits('suspect')
      await crash(room, 1, { alone: true })
      assert.deepEqual(await slotStates(room, table, [0, 1]), ['dead', 'ready'])
      await recount(room.store)
    },
  ],
  [
    'admit-lost',
    'when a loss is the end of a run, the first that waits for it goes',
    async (room) => {
      const table = await timetable(room, 'bufferAll')
      await table.fire([0, 1, 2], {}, { onCrash: 'dead' })
      const hand = await room.hand({ ttlMs: 1_000 })
      await hand.one()
      await room.clock.advance(1_001)
      await room.store.tend(100)
      assert.deepEqual(await slotStates(room, table, [0, 1, 2]), ['dead', 'ready', 'blocked'])
      await recount(room.store)
    },
  ],
  [
    'admit-exchange',
    'an exchange that ends a run may bring the one that waited for it',
    async (room) => {
      const { table, hand } = await line(room)
      const { id, fence } = await hand.one()
      const { settled, claimed } = await room.store.exchange([{ id, fence, move: 'complete' }], hand.ask(5))
      assert.deepEqual([settled, claimed.jobs.map((job) => job.id)], [['applied'], [table.id(1)]])
    },
  ],
  [
    'admit-later',
    'a run that waited is not started before its own time',
    async (room) => {
      const table = await timetable(room, 'bufferAll')
      const hand = await room.hand()
      await table.fire([0])
      await table.fire([1], {}, { runAt: room.clock.now() + 5_000 })
      await hand.settle(await hand.one(), 'complete')
      assert.deepEqual(await slotStates(room, table, [1]), ['scheduled'])
      await room.clock.advance(5_000)
      assert.equal((await hand.one()).id, table.id(1))
    },
  ],
  [
    'stale',
    'an ending by a worker that lost its lease lets nobody go',
    async (room) => {
      const { table, hand } = await line(room)
      const lease = await hand.one()
      await room.store.lapse([hand.id], 'it died')
      for (const move of ['complete', 'bury', 'cancel'] as const)
        assert.equal(await hand.settle(lease, move, { reason: 'late' }), 'stale')
      assert.deepEqual(await slotStates(room, table, [0, 1, 2]), ['ready', 'blocked', 'blocked'])
    },
  ],
  [
    'held-fixed',
    'a run that waits for an earlier one cannot be claimed, promoted or retried by a person, but removed',
    async (room) => {
      const { table, hand } = await line(room)
      assert.deepEqual(
        (await hand.claim(5)).jobs.map(({ id }) => id),
        [table.id(0)],
      )
      assert.equal(await room.act('promote', table.id(1)), 'refused')
      assert.equal(await room.act('retry', table.id(1)), 'refused')
      assert.equal(await room.act('remove', table.id(1)), 'done')
      assert.deepEqual(await slotStates(room, table, [0, 1, 2]), ['running', 'gone', 'blocked'])
      await recount(room.store)
    },
  ],
  [
    'held-expired',
    'a run that expired while it waited gives way: the next one goes in its place',
    async (room) => {
      const table = await timetable(room, 'bufferAll')
      const hand = await room.hand()
      await table.fire([0])
      await table.fire([1], {}, { ttlMs: 1_000 })
      await table.fire([2])
      const first = await hand.one()
      await room.clock.advance(1_000)
      await hand.settle(first, 'complete')
      assert.deepEqual(await slotStates(room, table, [2]), ['ready'])
      await room.store.tend(100)
      assert.deepEqual(await slotStates(room, table, [0, 1, 2]), ['completed', 'dead', 'ready'])
      await recount(room.store)
    },
  ],
  [
    'retry-beside',
    'a run that a person brings back beside another takes a place: the next one waits for both',
    async (room) => {
      const { table, hand } = await line(room)
      await hand.settle(await hand.one(), 'bury', { reason: 'discarded' })
      assert.equal(await room.act('retry', table.id(0)), 'done')
      const { jobs } = await hand.claim(5)
      assert.equal(jobs.length, 2)
      for (const [i, job] of jobs.entries()) {
        assert.deepEqual(await slotStates(room, table, [2]), ['blocked'], `before the end of run ${i}`)
        await hand.settle(job, 'complete')
      }
      assert.deepEqual(await slotStates(room, table, [2]), ['ready'])
    },
  ],
  [
    'cancel-other-lost',
    'with cancelOther a run that was asked to stop and lost its worker is cancelled, and the newest one goes',
    async (room) => {
      const table = await timetable(room, 'cancelOther')
      await table.fire([0])
      const hand = await room.hand({ ttlMs: 1_000 })
      const lease = await hand.one()
      assert.deepEqual(outcomesOf(await table.fire([1])), ['held'])
      assert.deepEqual(outcomesOf(await table.fire([2])), ['held'])
      await room.clock.advance(1_001)
      await room.store.tend(100)
      assert.deepEqual(await slotStates(room, table, [0, 1, 2]), ['cancelled', 'cancelled', 'ready'])
      assert.equal(await hand.settle(lease, 'complete'), 'stale')
      await recount(room.store)
    },
  ],
  [
    'cancel-other-refused',
    'with cancelOther a slot that gets no job leaves the earlier runs alone',
    async (room) => {
      const table = await timetable(room, 'cancelOther')
      const hand = await room.hand()
      await table.fire([0], {}, rule())
      const job = await hand.one()
      assert.deepEqual(outcomesOf(await table.fire([1], {}, rule())), ['skipped'])
      assert.deepEqual(outcomesOf(await table.fire([2])), ['held'])
      assert.match((await room.see(job.id)).cancelRequested ?? '', /^overlap/)
      await limit(room, { maxWaiting: 1 })
      assert.deepEqual(outcomesOf(await table.fire([3])), ['skipped'])
      assert.deepEqual(await slotStates(room, table, [0, 2, 3]), ['running', 'blocked', 'gone'])
      assert.deepEqual((await table.outcomes()).slice(1), ['twin', 'held', 'full'])
      await recount(room.store)
    },
  ],
  [
    'manual-room',
    'of runs that were only ever asked for by hand, those that wait go one after the other too',
    async (room) => {
      const table = await timetable(room, 'bufferAll')
      const ids: string[] = []
      for (const n of [0, 1, 2]) ids.push((await trigger(room, table, { n })).id)
      const hand = await room.hand()
      assert.deepEqual(await room.states(ids), ['ready', 'blocked', 'blocked'])
      await hand.settle(await hand.one(), 'complete')
      assert.deepEqual(await room.states(ids), ['completed', 'ready', 'blocked'])
      await hand.settle(await hand.one(), 'complete')
      assert.deepEqual(await room.states(ids), ['completed', 'completed', 'ready'])
    },
  ],
  [
    'paused',
    'a paused schedule is not due, but runs when asked by hand, and those that wait go on',
    async (room) => {
      const { table, hand } = await line(room)
      const [stored] = await room.store.schedules.list({ names: [table.name], limit: 1 })
      assert.ok(stored)
      const { name, revision, cursorAt, nextAt: _next, fired: _fired, running, waiting, ...body } = stored
      assert.deepEqual([running, waiting], [1, 2])
      const to = { ...body, cursorAt, paused: { reason: 'repair', by: 'ada', at: room.clock.now() } }
      assert.deepEqual(await room.store.schedules.set([{ name, revision, to }]), ['set'])
      assert.deepEqual((await room.store.schedules.due(10)).schedules, [])
      const { id, fired } = await trigger(room, table, { n: 1 })
      assert.deepEqual(outcomesOf(fired), ['held'])
      for (const next of [table.id(0), table.id(1), table.id(2), id]) {
        const job = await hand.one()
        assert.equal(job.id, next)
        await hand.settle(job, 'complete')
      }
    },
  ],
  [
    'paused-queue',
    'a schedule whose queue is paused makes its jobs, and none is claimed',
    async (room) => {
      const table = await timetable(room, 'bufferOne')
      await room.store.setQueues([{ name: queue, ...paused }])
      assert.deepEqual(outcomesOf(await table.fire([0, 1])), ['fired', 'held'])
      const hand = await room.hand()
      assert.deepEqual((await hand.claim(5)).jobs, [])
      assert.equal(await room.act('cancel', table.id(0)), 'done')
      assert.deepEqual(await slotStates(room, table, [1]), ['ready'])
      assert.deepEqual((await hand.claim(5)).jobs, [])
    },
  ],
  [
    'full',
    'a slot whose queue takes no more has no job, is noted as full, and takes no place of its schedule',
    async (room) => {
      const table = await timetable(room, 'skip')
      const other = await room.add()
      await limit(room, { maxWaiting: 1 })
      assert.deepEqual(outcomesOf(await table.fire([0])), ['skipped'])
      const [stored] = await room.store.schedules.list({ limit: 1 })
      assert.deepEqual([stored?.fired, stored?.running, stored?.waiting], [0, 0, 0])
      await room.act('remove', other)
      assert.deepEqual(outcomesOf(await table.fire([1])), ['fired'])
      assert.deepEqual(await table.outcomes(), ['full', 'fired'])
    },
  ],
  [
    'held-room',
    'a run that waits for an earlier one takes room in its queue',
    async (room) => {
      await line(room)
      await limit(room, { maxWaiting: 3 })
      assert.equal((await meet(room, {})).outcome, 'refused')
      await (await room.hand()).one()
      assert.equal((await meet(room, {})).outcome, 'created')
    },
  ],
  [
    'twin',
    'a slot whose unique key another job holds has no job, is noted as twin, and takes no place of its schedule',
    async (room) => {
      const table = await timetable(room, 'skip')
      const other = await room.add(rule())
      assert.deepEqual(outcomesOf(await table.fire([0], {}, rule())), ['skipped'])
      await room.act('cancel', other)
      assert.deepEqual(outcomesOf(await table.fire([1], {}, rule())), ['fired'])
      assert.deepEqual(await table.outcomes(), ['twin', 'fired'])
      assert.equal((await meet(room, rule())).id, table.id(1))
    },
  ],
  [
    'held-key',
    'a run that waits for an earlier one holds its unique key, until it is cancelled',
    async (room) => {
      const table = await timetable(room, 'bufferAll')
      await table.fire([0])
      await table.fire([1], {}, rule('waiting'))
      assert.equal((await meet(room, rule())).id, table.id(1))
      await room.act('cancel', table.id(1))
      assert.equal(await isHeld(room), false)
    },
  ],
  [
    'removed-run',
    'a run of a schedule that was removed ends as ever, and moves nothing of a new one of its name',
    async (room) => {
      const { table, hand } = await line(room)
      const job = await hand.one()
      const revision = await table.revision()
      await room.store.schedules.set([{ name: table.name, revision, to: null }])
      const again = await timetable(room, 'bufferAll')
      assert.deepEqual(outcomesOf(await again.fire([0, 1])), ['fired', 'held'])
      assert.equal(await hand.settle(job, 'complete'), 'applied')
      assert.deepEqual(await slotStates(room, again, [0, 1]), ['ready', 'blocked'])
      assert.equal(await room.act('retry', job.id), 'done')
      const [stored] = await room.store.schedules.list({ limit: 1 })
      assert.deepEqual([stored?.running, stored?.waiting], [1, 1])
    },
  ],
])

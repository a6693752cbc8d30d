import assert from 'node:assert/strict'
import type { NewJob } from '../job/job.ts'
import { type Overlap, type Plan, roomOf, type ScheduleBody, slotId } from '../job/schedule.ts'
import type { Fired, Firing, Store } from '../store/index.ts'
import { theme } from './promise.ts'
import { type Hand, queue, recount, type Room } from './room.ts'

/** A schedule as the store keeps it, with its slots fired one by one. */
export interface Timetable {
  readonly name: string
  revision(): Promise<number>
  /** Fires slots, in whole seconds from the first. */
  fire(slots: readonly number[], more?: Partial<Firing>, fields?: Partial<NewJob>): Promise<Fired>
  id(slot: number): string
  /** What became of each slot, in order. */
  outcomes(): Promise<readonly string[]>
}

export const template: Omit<NewJob, 'id'> = {
  task: 'mail',
  queue,
  payload: '{}',
  version: 1,
  priority: 5,
  maxAttempts: 3,
  tags: [],
  retain: { completed: 86_400_000, cancelled: 604_800_000, dead: null },
}

const bodyAt = (now: number): ScheduleBody => {
  const plan: Plan = {
    when: { everyMs: 1_000, anchorAt: 0 },
    job: template,
    overlap: 'skip',
    missed: { run: 'last', withinMs: 60_000 },
    jitterMs: 0,
  }
  return { plan, source: { kind: 'api' }, createdAt: now }
}

/** Makes a schedule whose first slot is now, and lets a minute pass, so that slots may be fired. */
export async function timetable(
  room: Room,
  overlap: Overlap = 'allow',
  name = 'nightly',
): Promise<Timetable> {
  const { store, clock } = room
  const from = clock.now()
  const to = { ...bodyAt(from), cursorAt: from - 1, nextAt: from }
  assert.deepEqual(await store.schedules.set([{ name, revision: 0, to }]), ['set'])
  await clock.advance(60_000)
  const at = (slot: number): number => from + slot * 1_000
  const one: Timetable = {
    name,
    revision: async () => (await store.schedules.list({ names: [name], limit: 1 }))[0]?.revision ?? 0,
    id: (slot) => slotId(name, at(slot)),
    async fire(slots, more, fields) {
      const firing: Firing = {
        name,
        revision: await one.revision(),
        cursor: { to: at(slots.at(-1) ?? 0), nextAt: at((slots.at(-1) ?? 0) + 1) },
        slots: slots.map((slot) => ({
          facts: { name, at: at(slot), from: at(slot - 1), isBackfill: false, isManual: false },
          job: { ...template, ...fields, id: one.id(slot) },
        })),
        skipped: [],
        room: roomOf[overlap],
        ...more,
      }
      return (await store.schedules.fire([firing]))[0] as Fired
    },
    outcomes: async () =>
      (await store.schedules.history(name, 200)).map(({ outcome, reason }) => reason ?? outcome).reverse(),
  }
  return one
}

export const slotStates = async (room: Room, table: Timetable, slots: readonly number[]) =>
  room.states(slots.map((slot) => table.id(slot)))

export const outcomesOf = (fired: Fired): readonly string[] =>
  fired.outcome === 'stale' ? ['stale'] : fired.slots.map(({ outcome }) => outcome)

/** Three slots, of which one runs and two wait; with who runs it. */
export async function line(room: Room): Promise<{ readonly table: Timetable; readonly hand: Hand }> {
  const table = await timetable(room, 'bufferAll')
  const hand = await room.hand()
  assert.deepEqual(outcomesOf(await table.fire([0, 1, 2])), ['fired', 'held', 'held'])
  return { table, hand }
}

/** What ends the first job of a line, and the state that it is in then. */
const endings: Readonly<Record<string, (room: Room, table: Timetable, hand: Hand) => Promise<unknown>>> = {
  completed: async (_room, _table, hand) => hand.settle(await hand.one(), 'complete'),
  dead: async (_room, _table, hand) => hand.settle(await hand.one(), 'bury', { reason: 'discarded' }),
  cancelled: (room, table) => room.act('cancel', table.id(0)),
  gone: (room, table) => room.act('remove', table.id(0)),
}

/** Schedules: cursors that move once, and jobs that wait for each other. */
export const schedulePromises = theme('schedule', 'L0', [
  [
    'slot-once',
    'a slot that two fire by the same knowledge has one job; the second changes nothing',
    async (room) => {
      const table = await timetable(room)
      const revision = await table.revision()
      assert.deepEqual(outcomesOf(await table.fire([0, 1], { revision })), ['fired', 'fired'])
      assert.deepEqual(outcomesOf(await table.fire([0, 1, 2], { revision })), ['stale'])
      assert.deepEqual(await slotStates(room, table, [0, 1, 2]), ['ready', 'ready', 'gone'])
      await recount(room.store)
    },
  ],
  [
    'slot-known',
    'a slot whose job is there already is answered known, and the job stays as it is',
    async (room) => {
      const table = await timetable(room)
      await table.fire([0])
      const hand = await room.hand()
      const job = await hand.one()
      assert.deepEqual(outcomesOf(await table.fire([0, 1])), ['known', 'fired'])
      assert.equal((await room.see(job.id)).state, 'running')
      assert.deepEqual(await table.outcomes(), ['fired', 'known', 'fired'])
    },
  ],
  [
    'not-early',
    'a slot that is still to come by the store’s clock is not fired',
    async (room) => {
      const table = await timetable(room)
      assert.deepEqual(outcomesOf(await table.fire([61])), ['stale'])
      await room.clock.advance(1_000)
      assert.deepEqual(outcomesOf(await table.fire([61])), ['fired'])
    },
  ],
  [
    'clock-back',
    'when the clock goes back nothing is due again until it has come to the next slot',
    async (room) => {
      const table = await timetable(room)
      await table.fire([0, 60])
      room.clock.jump(-30_000)
      assert.deepEqual((await room.store.schedules.due(10)).schedules, [])
      assert.deepEqual(outcomesOf(await table.fire([61])), ['stale'])
      await room.clock.advance(31_000)
      assert.equal((await room.store.schedules.due(10)).schedules.length, 1)
    },
  ],
  [
    'set-cas',
    'a change made by old knowledge of a schedule changes nothing',
    async (room) => {
      const table = await timetable(room)
      const revision = await table.revision()
      await table.fire([0])
      const to = { ...bodyAt(0), cursorAt: 0 }
      assert.deepEqual(await room.store.schedules.set([{ name: table.name, revision, to }]), ['stale'])
      assert.deepEqual(await room.store.schedules.set([{ name: table.name, revision: 0, to }]), ['stale'])
      const [found] = await room.store.schedules.list({ limit: 10 })
      assert.equal(found?.revision, revision + 1)
    },
  ],
  [
    'due-order',
    'due schedules come the most overdue first, and the answer says when the next one is due',
    async (room) => {
      const { store, clock } = room
      const now = clock.now()
      const offsets = { late: -5_000, latest: -9_000, next: 7_000 }
      for (const [name, ms] of Object.entries(offsets)) {
        const to = { ...bodyAt(now), cursorAt: now - 10_000, nextAt: now + ms }
        await store.schedules.set([{ name, revision: 0, to }])
      }
      await store.schedules.set([{ name: 'paused', revision: 0, to: { ...bodyAt(now), cursorAt: now } }])
      const due = await store.schedules.due(10)
      assert.deepEqual(
        due.schedules.map(({ name }) => name),
        ['latest', 'late'],
      )
      assert.equal(due.nextDueAt, now + 7_000)
      assert.equal((await store.schedules.due(1)).nextDueAt, now - 5_000)
    },
  ],
  [
    'list-pages',
    'schedules are listed by name, page by page, or by their names',
    async (room) => {
      const names = ['a', 'b', 'c', 'd']
      const to = { ...bodyAt(0), cursorAt: 0 }
      await room.store.schedules.set(names.map((name) => ({ name, revision: 0, to })))
      const named = async (page: Parameters<Store['schedules']['list']>[0]) =>
        (await room.store.schedules.list(page)).map(({ name }) => name)
      assert.deepEqual(await named({ limit: 2 }), ['a', 'b'])
      assert.deepEqual(await named({ limit: 9, after: 'b' }), ['c', 'd'])
      assert.deepEqual(await named({ limit: 9, names: ['d', 'x', 'a'] }), ['a', 'd'])
    },
  ],
  [
    'facts',
    'a job of a slot shows its schedule, its instant and its interval, to its worker and ever after',
    async (room) => {
      const table = await timetable(room)
      await table.fire([3])
      const hand = await room.hand()
      const job = await hand.one()
      const at = room.clock.now() - 57_000
      const facts = { name: 'nightly', at, from: at - 1_000, isBackfill: false, isManual: false }
      assert.deepEqual(job.schedule, facts)
      await hand.settle(job, 'complete')
      assert.deepEqual((await room.see(job.id)).schedule, facts)
    },
  ],
  [
    'overlap-skip',
    'with room for one run a slot has no job while an earlier one has no final state, retries included',
    async (room) => {
      const table = await timetable(room, 'skip')
      const hand = await room.hand()
      await table.fire([0])
      assert.deepEqual(outcomesOf(await table.fire([1])), ['skipped'])
      await hand.settle(await hand.one(), 'retry', { delayMs: 1_000 })
      assert.deepEqual(outcomesOf(await table.fire([2])), ['skipped'])
      await room.clock.advance(1_000)
      await hand.settle(await hand.one(), 'complete')
      assert.deepEqual(outcomesOf(await table.fire([3])), ['fired'])
      assert.deepEqual(await table.outcomes(), ['fired', 'overlap', 'overlap', 'fired'])
    },
  ],
  [
    'buffer-full',
    'what finds no place in the buffer is skipped as bufferFull',
    async (room) => {
      const table = await timetable(room, 'bufferOne')
      assert.deepEqual(outcomesOf(await table.fire([0, 1, 2])), ['fired', 'held', 'skipped'])
      assert.deepEqual(await slotStates(room, table, [0, 1, 2]), ['ready', 'blocked', 'gone'])
      assert.deepEqual(await table.outcomes(), ['fired', 'held', 'bufferFull'])
      await recount(room.store)
    },
  ],
  ...Object.entries(endings).map(
    ([state, end]) =>
      [
        `admit-${state}`,
        `when a run of a schedule is ${state}, the first that waits for it goes, and only that`,
        async (room: Room) => {
          const { table, hand } = await line(room)
          assert.equal((await room.see(table.id(1))).schedule?.heldBy, table.id(0))
          await end(room, table, hand)
          assert.deepEqual(await slotStates(room, table, [0, 1, 2]), [state, 'ready', 'blocked'])
          assert.equal((await room.see(table.id(2))).schedule?.heldBy, table.id(1))
          await recount(room.store)
        },
      ] as const,
  ),
  [
    'held-cancelled',
    'a job that waits can be cancelled, and gives nobody a place',
    async (room) => {
      const { table } = await line(room)
      assert.equal(await room.act('cancel', table.id(1)), 'done')
      assert.deepEqual(await slotStates(room, table, [0, 1, 2]), ['ready', 'cancelled', 'blocked'])
    },
  ],
  [
    'lapse-keeps',
    'a run whose worker is lost keeps its place: the next one waits on',
    async (room) => {
      const { table, hand } = await line(room)
      await hand.one()
      await room.store.lapse([hand.id], 'it died')
      assert.deepEqual((await slotStates(room, table, [1, 2])).join(), 'blocked,blocked')
    },
  ],
  [
    'cancel-other',
    'with cancelOther a waiting run is cancelled at once and a running one asked to stop; the new one waits for it',
    async (room) => {
      const table = await timetable(room, 'cancelOther')
      const hand = await room.hand()
      await table.fire([0])
      assert.deepEqual(outcomesOf(await table.fire([1])), ['fired'])
      const job = await hand.one()
      assert.deepEqual(await slotStates(room, table, [0]), ['cancelled'])
      assert.deepEqual(outcomesOf(await table.fire([2])), ['held'])
      assert.deepEqual(outcomesOf(await table.fire([3])), ['held'])
      assert.match((await room.see(job.id)).cancelRequested ?? '', /^overlap/)
      await hand.settle(job, 'cancel', { reason: 'asked' })
      assert.deepEqual(await slotStates(room, table, [1, 2, 3]), ['cancelled', 'cancelled', 'ready'])
    },
  ],
  [
    'manual',
    'a slot that somebody asked for moves no cursor, and obeys the same room',
    async (room) => {
      const table = await timetable(room, 'skip')
      await table.fire([0])
      const { store } = room
      const [before] = await store.schedules.list({ limit: 1 })
      const now = room.clock.now()
      const facts = { name: table.name, at: now, from: now, isBackfill: false, isManual: true }
      const job = { ...template, id: slotId(table.name, now, '!1') }
      const firing = {
        name: table.name,
        revision: await table.revision(),
        slots: [{ facts, job }],
        skipped: [],
      }
      const [refused] = await store.schedules.fire([{ ...firing, room: roomOf.skip }])
      assert.deepEqual(outcomesOf(refused as Fired), ['skipped'])
      const [allowed] = await store.schedules.fire([{ ...firing, room: roomOf.allow }])
      assert.deepEqual(outcomesOf(allowed as Fired), ['fired'])
      const [after] = await store.schedules.list({ limit: 1 })
      assert.deepEqual(
        [after?.cursorAt, after?.nextAt, after?.revision],
        [before?.cursorAt, before?.nextAt, before?.revision],
      )
      assert.equal((await room.see(job.id)).schedule?.isManual, true)
    },
  ],
  [
    'history-bounded',
    'of what became of slots the newest 200 are kept, newest first',
    async (room) => {
      const table = await timetable(room)
      const skipped = Array.from({ length: 250 }, (_, i) => ({ at: i, count: 1, reason: 'missed' as const }))
      await table.fire([], { skipped, cursor: { to: room.clock.now() } })
      const history = await room.store.schedules.history(table.name, 1_000)
      assert.deepEqual([history.length, history[0]?.at, history.at(-1)?.at], [200, 249, 50])
    },
  ],
  [
    'remove',
    'a schedule that is removed leaves its jobs, but cancels those that wait; a new one of its name knows none of them',
    async (room) => {
      const { table } = await line(room)
      const revision = await table.revision()
      assert.deepEqual(await room.store.schedules.set([{ name: table.name, revision, to: null }]), ['set'])
      assert.deepEqual(await slotStates(room, table, [0, 1, 2]), ['ready', 'cancelled', 'cancelled'])
      const again = await timetable(room, 'skip')
      assert.deepEqual(outcomesOf(await again.fire([0])), ['fired'])
    },
  ],
  [
    'retry-again',
    'a run that a person retries counts as running again',
    async (room) => {
      const table = await timetable(room, 'skip')
      const hand = await room.hand()
      await table.fire([0])
      await hand.settle(await hand.one(), 'bury', { reason: 'discarded' })
      await room.act('retry', table.id(0))
      assert.deepEqual(outcomesOf(await table.fire([1])), ['skipped'])
    },
  ],
])

/** Many at once. */
export const scheduleCrowdPromises = theme('schedule', 'L1', [
  [
    'crowd',
    'of eight that fire the same slots at the same time one succeeds, and each slot has one job',
    async (room) => {
      const table = await timetable(room)
      const stores = await Promise.all(Array.from({ length: 8 }, () => room.house.open()))
      const revision = await table.revision()
      const slots = [0, 1, 2].map((slot) => ({
        facts: {
          name: table.name,
          at: room.clock.now() - 60_000 + slot * 1_000,
          from: 0,
          isBackfill: false,
          isManual: false,
        },
        job: { ...template, id: table.id(slot) },
      }))
      const firing = { name: table.name, revision, slots, skipped: [], room: roomOf.allow }
      const cursor = { to: room.clock.now() - 58_000 }
      const answers = await Promise.all(stores.map((store) => store.schedules.fire([{ ...firing, cursor }])))
      assert.equal(answers.flat().filter(({ outcome }) => outcome === 'fired').length, 1)
      assert.deepEqual(await slotStates(room, table, [0, 1, 2]), ['ready', 'ready', 'ready'])
      await recount(room.store)
    },
    { needs: ['shared'] },
  ],
])

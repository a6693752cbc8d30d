import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Store } from 'legwork/store'
import { memory } from 'legwork/memory'
import { sqlite } from 'legwork/sqlite'
import { virtualClock } from 'legwork/testing'
import { afterAll, expect, test } from 'vitest'
import { freshFolder } from './fixtures/houses.mjs'
import { type Command, command, learn, newStage, beginning, queues, toCall } from './fixtures/model.ts'
import { visible } from './fixtures/model-look.ts'
import { sweepSchedules } from './fixtures/model-schedules.ts'
import { bulkOf, idOf, slots, type Stage } from './fixtures/model-kit.ts'

const sequences = Number(process.env['LEGWORK_SEQUENCES'] ?? 600)
const clock = virtualClock()
let store = await freshStore()
let played = 0

/** Every answer that a call can give; a run that never hears one of them has not tried it. */
const answers = [
  'created',
  'duplicate',
  'applied',
  'conflict',
  'stale',
  'gone',
  'held',
  'lost',
  'done',
  'asked',
  'refused',
  'fired',
  'known',
  'skipped',
]
/** These need two jobs of one key, or a job that is lost twice, and so are rarer. */
const rarer = ['existing', 'replaced', 'twin', 'batch', 'suspects', 'suspect']
/** Answers that need some luck: dead jobs, and an operation on them. */
const seldom = ['canary']
const heard = new Map<string, number>()

afterAll(() => store.close())

/** A file of its own, without waiting for a disk; its folder goes with it. */
async function freshStore(): Promise<Store> {
  const folder = freshFolder('legwork-model-')
  const opened = sqlite({ path: join(folder, 'jobs.db'), durability: 'process-safe', clock })
  await opened.open()
  const close = async () => {
    await opened.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { ...opened, close }
}

test(`memory and SQLite answer alike and show the same, over ${sequences} random sequences`, {
  timeout: Math.max(600_000, sequences * 200),
}, async () => {
  const property = fc.asyncProperty(
    beginning,
    fc.array(command, { minLength: 5, maxLength: 30, size: 'max' }),
    play,
  )
  const seed = process.env['LEGWORK_SEED']
  await fc.assert(property, {
    numRuns: sequences,
    ...(seed !== undefined && { seed: Number(seed) }),
  })
  expect(played).toBeGreaterThanOrEqual(sequences)
  const below = (floor: number) => (answer: string) => (heard.get(answer) ?? 0) < floor
  // Chance alone leaves a few sequences without an answer that many sequences never lack.
  const rare = [...answers.filter(below(sequences / 20 - 3)), ...rarer.filter(below(sequences / 40 - 3))]
  expect(rare, 'answers that the sequences hardly ever brought').toEqual([])
  // They come in bursts, so a short run may go without.
  expect(seldom.filter(below(sequences / 50 - 3))).toEqual([])
})

/** Plays a sequence on a fresh memory store and on the SQLite file, which is swept clean afterwards. */
async function play(beginning: readonly Command[], commands: readonly Command[]): Promise<void> {
  played += 1
  // Ended operations and what schedules remember cannot be swept; a file that grows makes every sequence slower.
  if (played % 100 === 0) await renew()
  const stage = newStage(`s${played}`, clock.now)
  const model = memory({ clock })
  try {
    for (const one of [...beginning, ...commands]) await step(model, stage, one)
    assert.deepEqual(await visible(store, stage), await visible(model, stage))
    await sweep(stage)
  } catch (error) {
    // What this sequence left behind must not disturb the shrinking.
    await renew()
    throw error
  }
}

async function renew(): Promise<void> {
  await store.close()
  store = await freshStore()
}

async function step(model: Store, stage: Stage, one: Command): Promise<void> {
  if (one.do === 'pass') await pass(one.ms)
  else if (one.do === 'jump') clock.jump(one.ms)
  else await both(model, stage, one)
}

/** Nobody has set a timer, so both hands can simply be moved: faster than letting the event loop turn. */
async function pass(ms: number): Promise<void> {
  const hands = new Float64Array(clock.shared)
  hands[0] = (hands[0] ?? 0) + ms
  hands[1] = (hands[1] ?? 0) + ms
}

async function both(model: Store, stage: Stage, one: Command): Promise<void> {
  const call = toCall(stage, one)
  const [expected, actual] = [await call(model), await call(store)]
  assert.deepEqual(actual, expected, `${one.do} is answered alike`)
  learn(stage, one, expected)
  for (const word of JSON.stringify(expected ?? '').match(/\w+/g) ?? [])
    heard.set(word, (heard.get(word) ?? 0) + 1)
}

/** Leaves nothing of a sequence behind, so that the next one begins with an empty store. */
async function sweep(stage: Stage): Promise<void> {
  const alive = await store.workers()
  await store.lapse(
    alive.map(({ id }) => id),
    'the sequence is over',
  )
  await sweepSchedules(store, stage.name, stage.schedules)
  await store.act({ verb: 'remove', ids: slots.map((slot) => idOf(stage, slot)), by: 'sweep' })
  for (const n of [0, 1]) await store.bulk.set({ id: bulkOf(stage, n), to: 'stopped', by: 'sweep' })
  await store.setQueues(queues.map((name) => ({ name, paused: null, limits: null, declared: null })))
  await store.retention.set({ to: null, by: 'sweep' })
}

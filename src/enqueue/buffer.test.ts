import { expect, test } from 'vitest'
import type { Enqueued, NewJob } from '../job/job.ts'
import { virtualClock } from '../testing/virtual-clock.ts'
import { buffer } from './buffer.ts'

const job = (id: string, queue = 'q') => ({ id, queue, task: 't' }) as NewJob
const created = ({ id, task }: NewJob): Enqueued => ({ id, task, outcome: 'created', state: 'ready' })
const away = ({ id }: NewJob): Enqueued => ({
  id,
  outcome: 'refused',
  refusal: { because: 'away', message: 'away' },
})
const failing = () => Promise.reject(new Error('the store is out'))
/** In steps, for what a timer begins sets the next one a little later. */
async function pass(clock: ReturnType<typeof virtualClock>, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 50) {
    await clock.advance(50)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
const laneOf = ({ queue }: NewJob) => queue

test('what is known of a batch is told, although the rest of it fails until the time is over', async () => {
  const clock = virtualClock()
  let tries = 0
  const write = async (jobs: readonly NewJob[]) =>
    tries++ === 0 ? jobs.map((one) => (one.id === '1' ? created(one) : away(one))) : failing()
  const { write: insist } = buffer(write, { max: 10, forMs: 500, clock, laneOf })
  const told = insist([job('1'), job('2')])
  await pass(clock, 2_000)
  expect(await told).toMatchObject([
    { id: '1', outcome: 'created' },
    { id: '2', outcome: 'refused', refusal: { because: 'away', message: 'the store is out' } },
  ])
  expect(tries).toBeGreaterThan(2)
})

test('a queue that fails is bounded by itself, and no other is refused for it', async () => {
  const clock = virtualClock()
  const write = async (jobs: readonly NewJob[]) => (jobs[0]?.queue === 'bad' ? failing() : jobs.map(created))
  const held = buffer(write, { max: 3, forMs: 5_000, clock, laneOf })
  const add = (one: NewJob) =>
    held
      .admit([one], () => held.write([one]))
      .then(
        ([answer]) => answer?.outcome,
        (error: unknown) => (error as { code?: string }).code ?? String(error),
      )
  const bad = ['1', '2', '3'].map((id) => add(job(id, 'bad')))
  await pass(clock, 50)
  expect(await add(job('4', 'bad'))).toBe('LW1016')
  for (let i = 5; i < 15; i++) expect(await add(job(String(i), 'good'))).toBe('created')
  await pass(clock, 6_000)
  expect(await Promise.all(bad)).toEqual(Array(3).fill('Error: the store is out'))
})

test('each call is held for its own time, from when it first failed', async () => {
  const clock = virtualClock()
  const held = buffer(failing, { max: 10, forMs: 1_000, clock, laneOf })
  const ends: string[] = []
  const add = (id: string) => held.write([job(id)]).catch(() => ends.push(id))
  void add('1')
  await pass(clock, 600)
  const second = add('2')
  await pass(clock, 1_000)
  expect(ends).toEqual(['1'])
  await pass(clock, 1_200)
  await second
  expect(ends).toEqual(['1', '2'])
})

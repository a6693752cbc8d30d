import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { sleep } from '../job/clock.ts'
import type { ClaimedJob } from '../job/job.ts'
import { virtualClock } from '../testing/virtual-clock.ts'
import { Halt } from './halt.ts'
import { keeper } from './checkpoint.ts'
import type { Run } from './current-run.ts'
import { iterateOf } from './iterate.ts'
import type { IterateOptions } from './iteration-plan.ts'

async function* numbers(done: number) {
  for (let n = done + 1; ; n++) yield n
}
// Only these fields of a claimed job are looked at.
const job = { id: 'j', task: 't', fence: 1, attempt: 1 } as ClaimedJob

/** An iteration over all numbers, in time that is moved by hand, each item taking `itemMs`. */
function begin(options: IterateOptions, itemMs = 0) {
  const clock = virtualClock({ now: 0 })
  const at: number[] = []
  const kept: [ms: number, cursor: string | undefined][] = []
  const abort = new Halt()
  const run: Run = { job, abort, isLeaked: false, abortGraceMs: 0 }
  const record = async ({ checkpoint }: { readonly checkpoint?: string }) => {
    kept.push([clock.now(), checkpoint])
    return 'applied' as const
  }
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const keep = keeper({ clock, log, stopping: new AbortController().signal, record })
  let count = 0
  const over = (async () => {
    for await (const n of iterateOf(run, keep)(numbers, options)) {
      count = n
      at.push(clock.now())
      if (itemMs > 0) await sleep(clock, itemMs, abort.signal)
    }
  })().catch(() => {})
  const pass = async (ms: number) => {
    for (let end = clock.now() + ms; clock.now() < end; ) {
      await turn()
      await clock.advance(Math.min(10, end - clock.now()))
    }
    await turn()
  }
  return { at, kept, run, pass, count: () => count, end: () => (abort.abort(new Error('over')), over) }
}

test.each([
  ['2/s', 61],
  ['30/m', 16],
  ['60/h', 1],
  ['0.5/s', 16],
] as const)('throttle %s: %i items in half a minute, evenly spread', async (throttle, count) => {
  const { at, pass, end } = begin({ throttle })
  await pass(30_000)
  await end()
  expect(at).toHaveLength(count)
  const gaps = at.slice(1).map((ms, i) => ms - (at[i] as number))
  expect(Math.max(0, ...gaps) - Math.min(...gaps, Infinity)).toBeLessThanOrEqual(10)
})

test('a slow item is not made up for by a burst', async () => {
  const { at, pass, end } = begin({ throttle: '1/s' }, 5_000)
  await pass(30_000)
  await end()
  expect(at.length).toBeGreaterThan(3)
  const gaps = at.slice(1).map((ms, i) => ms - (at[i] as number))
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5_000)
})

test('every 5 s: the cursor is kept with the first item that ends after that, and at the end', async () => {
  const { kept, pass, end } = begin({ every: '5s' }, 2_000)
  await pass(13_000)
  expect(kept.map(([, cursor]) => cursor)).toEqual(['3', '6'])
  await end()
  expect(kept.slice(0, 2).map(([ms]) => Math.round(ms / 1_000))).toEqual([6, 12])
})

test('by default after 1,000 items or 5 s, whichever comes first', async () => {
  const slow = begin({}, 2_000)
  await slow.pass(7_000)
  expect(slow.kept.map(([, cursor]) => cursor)).toEqual(['3'])
  await slow.end()
  const quick = begin({})
  while (quick.at.length < 3_500) await turn()
  await quick.end()
  expect(quick.kept.slice(0, 3).map(([, cursor]) => cursor)).toEqual(['1000', '2000', '3000'])
})

test('an abort ends the wait for the next item at once, and keeps what is done', async () => {
  const { kept, run, pass, end } = begin({ throttle: '1/h' })
  await pass(10)
  await end()
  expect(kept.map(([, cursor]) => cursor)).toEqual(['1'])
  expect(run.interrupt).toBe(run.abort.signal.reason)
})

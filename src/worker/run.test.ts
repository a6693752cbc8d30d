import { expect, test } from 'vitest'
import { task } from '../define/task.ts'
import type { ClaimedJob } from '../job/job.ts'
import type { Outcome } from '../job/settle.ts'
import { virtualClock } from '../testing/virtual-clock.ts'
import type { Run, RunKit } from './current-run.ts'
import { Halt } from './halt.ts'
import { run } from './run.ts'

/** What libraries make of promises: subclasses with a `then` of their own. */
class CallsBoth extends Promise<number> {
  override then: Promise<number>['then'] = (done, failed) => {
    done?.(1)
    failed?.(new Error('too late'))
    return Promise.reject(new Error('of the library'))
  }
}
class Throws extends Promise<number> {
  override then: Promise<number>['then'] = () => {
    throw new Error('then')
  }
}

test.each([
  ['calls back twice', () => new CallsBoth(() => {}), ['returned']],
  ['throws', () => new Throws(() => {}), ['threw']],
])('a run ends once whose handler gives a promise with a then that %s', async (_, handler, kinds) => {
  const job = { id: 'a', task: 't', payload: 'null', version: 1, attempt: 1, losses: 0 } as ClaimedJob
  const one: Run = { job, abort: new Halt(), isLeaked: false, abortGraceMs: 10 }
  const clock = virtualClock()
  // A plain job of a plain task needs no more.
  const kit = { clock, abortGraceMs: 10, wrapping: { open: () => undefined } } as unknown as RunKit
  const ends: Outcome[] = []
  run(one, { task: task('t'), handler }, kit, (outcome) => void ends.push(outcome))
  await clock.advance(1)
  one.abort.abort(new Error('later'))
  await clock.advance(100)
  expect(ends.map(({ kind }) => kind)).toEqual(kinds)
})

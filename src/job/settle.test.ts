import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fixed } from './backoff.ts'
import type { ClaimedJob, ErrorInfo, Settlement } from './job.ts'
import { digest, isFailure, type Outcome, type RetryPolicy, settle, stateAfter } from './settle.ts'
import { canMove } from './state.ts'

const job = (fields: Partial<ClaimedJob> = {}): ClaimedJob => ({
  id: 'j',
  task: 't',
  queue: 'q',
  payload: 'null',
  version: 1,
  fence: 4,
  attempt: 2,
  failures: 0,
  losses: 0,
  maxAttempts: 3,
  createdAt: 0,
  startedAt: 0,
  ...fields,
})
const error: ErrorInfo = { name: 'Error', message: 'm', fingerprint: 'f' }
const policy: RetryPolicy = { attempts: 3, backoff: fixed('4s') }
const world = { now: 10_000, random: () => 0 }
const threw = (retry: Extract<Outcome, { kind: 'threw' }>['retry'] = 'policy'): Outcome => ({
  kind: 'threw',
  error,
  retry,
})
const decide = (outcome: Outcome, fields: Partial<ClaimedJob> = {}) =>
  settle(job(fields), outcome, policy, world)

describe('each outcome becomes one row for the lease of the job', () => {
  const lease = { id: 'j', fence: 4 }
  const rows: [Outcome, Settlement][] = [
    [{ kind: 'returned' }, { ...lease, move: 'complete' }],
    [
      { kind: 'returned', result: '1' },
      { ...lease, move: 'complete', result: '1' },
    ],
    [
      { kind: 'snoozed', delayMs: 5 },
      { ...lease, move: 'snooze', delayMs: 5 },
    ],
    [
      { kind: 'snoozed', delayMs: 5, reason: 'busy' },
      { ...lease, move: 'snooze', delayMs: 5, reason: 'busy' },
    ],
    [{ kind: 'released' }, { ...lease, move: 'release', delayMs: 0 }],
    [
      { kind: 'released', delayMs: 9, reason: 'stop' },
      { ...lease, move: 'release', delayMs: 9, reason: 'stop' },
    ],
    [
      { kind: 'cancelled', reason: 'asked' },
      { ...lease, move: 'cancel', reason: 'asked' },
    ],
    [
      { kind: 'discarded', reason: 'discarded', error },
      { ...lease, move: 'bury', reason: 'discarded', error },
    ],
    [threw(), { ...lease, move: 'retry', delayMs: 4_000, error }],
    [threw({ delayMs: 70, countsAsAttempt: true }), { ...lease, move: 'retry', delayMs: 70, error }],
    [threw({ delayMs: 70, countsAsAttempt: false }), { ...lease, move: 'snooze', delayMs: 70, error }],
  ]
  for (const [outcome, row] of rows) test(JSON.stringify(outcome), () => expect(decide(outcome)).toEqual(row))
})

describe('when a failure is the last', () => {
  test('the attempts of the policy are exhausted', () => {
    expect(decide(threw(), { failures: 1 }).move).toBe('retry')
    expect(decide(threw(), { failures: 2 })).toMatchObject({ move: 'bury', reason: 'exhausted', error })
    expect(decide(threw(), { failures: 50 })).toMatchObject({ move: 'bury', reason: 'exhausted' })
  })
  test('losses, snoozes and claims do not count', () => {
    expect(decide(threw(), { attempt: 99, losses: 50 }).move).toBe('retry')
  })
  test('a wait that is free of charge does not exhaust', () => {
    expect(decide(threw({ delayMs: 1, countsAsAttempt: false }), { failures: 2 })).toMatchObject({
      move: 'snooze',
    })
  })
  test('the next attempt would come after the deadline', () => {
    expect(decide(threw(), { deadlineAt: 14_001 }).move).toBe('retry')
    expect(decide(threw(), { deadlineAt: 14_000 })).toMatchObject({ move: 'bury', reason: 'expired' })
  })
})

test('whatever is thrown, a failed run is retried with a wait, snoozed, or dead with a reason; never lost', () => {
  const retry = fc.oneof(
    fc.constant('policy' as const),
    fc.record({ delayMs: fc.nat(1e9), countsAsAttempt: fc.boolean() }),
  )
  fc.assert(
    fc.property(
      retry,
      fc.nat(20),
      fc.option(fc.nat(1e6), { nil: undefined }),
      (how, failures, deadlineAt) => {
        const row = decide(threw(how), { failures, ...(deadlineAt !== undefined && { deadlineAt }) })
        if (row.move === 'bury') expect(['exhausted', 'expired']).toContain(row.reason)
        else expect(row.delayMs).toBeGreaterThanOrEqual(0)
        expect(row.error).toEqual(error)
      },
    ),
  )
})

describe('the state after a settlement', () => {
  const all: Settlement['move'][] = ['complete', 'retry', 'snooze', 'release', 'bury', 'cancel']
  test('is always one that the table allows', () => {
    for (const move of all) {
      for (const delayMs of [0, 5]) {
        for (const asked of [true, false]) {
          const to = stateAfter({ id: 'j', fence: 1, move, delayMs }, asked)
          expect(canMove(move, 'running', to), `${move} to ${to}`).toBe(true)
        }
      }
    }
  })
  test('waits only when there is a wait', () => {
    const lease = { id: 'j', fence: 1 }
    expect(stateAfter({ ...lease, move: 'retry', delayMs: 1 }, false)).toBe('scheduled')
    expect(stateAfter({ ...lease, move: 'retry', delayMs: 0 }, false)).toBe('ready')
    expect(stateAfter({ ...lease, move: 'release' }, false)).toBe('ready')
  })
  test('is cancelled for what was asked to stop, unless it was done or dead', () => {
    const states = all.map((move) => stateAfter({ id: 'j', fence: 1, move, delayMs: 9 }, true))
    expect(states).toEqual(['completed', 'cancelled', 'cancelled', 'cancelled', 'dead', 'cancelled'])
  })
})

test('a retry and the end of all retries are charged, nothing else is', () => {
  const charged = (move: Settlement['move'], reason?: string) =>
    isFailure({ id: 'j', fence: 1, move, error, ...(reason && { reason }) })
  expect([charged('retry'), charged('bury', 'exhausted'), charged('bury', 'expired')]).toEqual([
    true,
    true,
    true,
  ])
  const free = [
    charged('bury', 'discarded'),
    charged('bury', 'undecodable'),
    charged('bury', 'poison'),
    charged('snooze'),
    charged('release'),
    charged('cancel'),
    charged('complete'),
  ]
  expect(new Set(free)).toEqual(new Set([false]))
})

test('digests are equal for the same ending and differ for another', () => {
  const ending = fc.record({
    move: fc.constantFrom<Settlement['move']>('complete', 'retry', 'bury'),
    result: fc.option(fc.string(), { nil: undefined }),
    reason: fc.option(fc.string(), { nil: undefined }),
  })
  const row = ({
    move,
    result,
    reason,
  }: {
    move: Settlement['move']
    result: string | undefined
    reason: string | undefined
  }): Settlement => ({
    id: 'j',
    fence: 1,
    move,
    ...(result !== undefined && { result }),
    ...(reason !== undefined && { reason }),
  })
  fc.assert(
    fc.property(ending, ending, fc.nat(100), (a, b, delayMs) => {
      expect(digest({ ...row(a), delayMs })).toBe(digest(row(a)))
      const same =
        a.move === b.move && (a.result ?? '') === (b.result ?? '') && (a.reason ?? '') === (b.reason ?? '')
      const shifted = `${a.result ?? ''}|${a.reason ?? ''}` === `${b.result ?? ''}|${b.reason ?? ''}`
      if (!same && !shifted) expect(digest(row(a))).not.toBe(digest(row(b)))
    }),
  )
})

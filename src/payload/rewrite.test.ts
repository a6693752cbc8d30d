import { expect, test } from 'vitest'
import type { Clock } from '../job/clock.ts'
import type { NewJob } from '../job/job.ts'
import { shownText } from '../job/shown.ts'
import { headerOf } from '../job/wrapper.ts'
import { payloadRoom } from './room.ts'

const clock: Clock = { now: () => 0, monotonic: () => 0, after: () => () => {} }
const k1 = Buffer.alloc(32, 1).toString('base64')
const job = {
  id: 'a',
  task: 't',
  queue: 'q',
  payload: '{"to":"ada","n":1}',
  version: 1,
  priority: 5,
  maxAttempts: 1,
  tags: [],
  retain: { completed: null, dead: null, cancelled: null },
} as const satisfies NewJob

test('another payload is hidden as the one before, with the key that the job has', async () => {
  const { wrapping } = payloadRoom({ keys: { active: 'k1', k1 } }, clock)
  const hide = { redact: ['n'], encrypt: ['to'] }
  const stored = await wrapping.store(job, hide)
  for (const known of [hide, undefined]) {
    const payload = await wrapping.rewrite(stored, '{"to":"eve","n":2}', known)
    expect(headerOf(payload)?.key).toEqual(headerOf(stored.payload)?.key)
    expect(shownText(payload)).toBe('{"to":"[sealed]","n":"[redacted]"}')
    expect(await wrapping.payloadOf({ ...stored, payload })).toBe('{"to":"eve","n":2}')
  }
})

test('a plain job stays plain, and takes what its task has come to hide', async () => {
  const { wrapping } = payloadRoom({ keys: { active: 'k1', k1 } }, clock)
  expect(await wrapping.rewrite(job, '2', undefined)).toBe('2')
  const payload = await wrapping.rewrite(job, '{"to":"eve"}', { redact: [], encrypt: true })
  expect(payload).not.toContain('eve')
  expect(await wrapping.payloadOf({ ...job, payload })).toBe('{"to":"eve"}')
})

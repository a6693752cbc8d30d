import { expect, test } from 'vitest'
import { allStates } from '../../job/state.ts'
import { codeOf, levels, outcomes, retainText, retention, stateOf } from './row.ts'
import { schema } from './sql.generated.ts'

test('states and outcomes keep the numbers that files in the world already hold', () => {
  expect(allStates).toEqual(
    'blocked scheduled parked ready dispatched running suspended completed dead cancelled'.split(' '),
  )
  expect(outcomes).toEqual('complete retry snooze release bury cancel lapse'.split(' '))
  expect(levels).toEqual('debug info warn error'.split(' '))
  for (const state of allStates) expect(stateOf(codeOf[state])).toBe(state)
})

test('the schema’s checks hold exactly the live states in tickets and the final ones in the history', () => {
  const text = schema[0]?.sql ?? ''
  expect(text).toContain(`check (state between ${codeOf.blocked} and ${codeOf.suspended})`)
  expect(text).toContain(`check (state between ${codeOf.completed} and ${codeOf.cancelled})`)
  expect(text).toContain(`where state = ${codeOf.ready};`)
  expect(text).toContain(`where state = ${codeOf.running};`)
})

test('the default retention takes no room, any other comes back as it was', () => {
  const usual = { completed: 86_400_000, cancelled: 604_800_000, dead: null }
  expect(retainText(usual)).toBeNull()
  expect(retention(null)).toEqual(usual)
  const other = { completed: 0, cancelled: null, dead: 5 }
  expect(retention(retainText(other))).toEqual(other)
})

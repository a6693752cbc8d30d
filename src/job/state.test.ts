import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  allStates,
  canMove,
  finalStates,
  isFinal,
  liveStates,
  type Move,
  moves,
  type State,
} from './state.ts'

const allMoves = Object.entries(moves) as [Move, { from: readonly State[]; to: readonly State[] }][]

test('a state is either live or final', () => {
  expect([...liveStates, ...finalStates].sort()).toEqual([...allStates].sort())
  expect(finalStates).toEqual(['completed', 'dead', 'cancelled'])
  for (const state of allStates) expect(isFinal(state)).toBe(!liveStates.includes(state as never))
})

test('only a person’s retry leaves a final state', () => {
  const leaving = allMoves
    .filter(([, { from }]) => from.some((state) => isFinal(state)))
    .map(([move]) => move)
  expect(leaving).toEqual(['revive'])
})

test('every live state can be left, and every state can be reached', () => {
  const enters = new Set(allMoves.flatMap(([, { to }]) => to))
  // A job is enqueued into these.
  for (const state of ['blocked', 'scheduled', 'parked', 'ready'] as const) enters.add(state)
  expect([...enters].sort()).toEqual([...allStates].sort())
  for (const state of liveStates) expect(allMoves.some(([, { from }]) => from.includes(state))).toBe(true)
})

test('from every live state each final state can be reached', () => {
  for (const start of liveStates) {
    const reached = reachable(start)
    for (const state of finalStates) expect(reached, `${start} to ${state}`).toContain(state)
  }
})

test('only a claim or a confirmation makes a job run, and only from the line', () => {
  const starting = allMoves.filter(([, { to }]) => to.includes('running'))
  expect(starting.map(([move, { from }]) => [move, from])).toEqual([
    ['claim', ['ready']],
    ['confirm', ['dispatched']],
  ])
})

test('canMove agrees with the table for every move and pair of states', () => {
  for (const [move, { from, to }] of allMoves) {
    for (const a of allStates)
      for (const b of allStates) expect(canMove(move, a, b)).toBe(from.includes(a) && to.includes(b))
  }
})

test('random walks of allowed moves never leave a final state without a retry', () => {
  const step = fc.tuple(fc.constantFrom(...allMoves.map(([move]) => move)), fc.constantFrom(...allStates))
  fc.assert(
    fc.property(fc.constantFrom(...allStates), fc.array(step, { maxLength: 60 }), (start, steps) => {
      let state: State = start
      for (const [move, to] of steps) {
        if (!canMove(move, state, to)) continue
        if (isFinal(state)) expect(move).toBe('revive')
        state = to
      }
    }),
  )
})

/** Every state that some walk of moves leads to. */
function reachable(start: State): ReadonlySet<State> {
  const reached = new Set<State>([start])
  // A set that grows while it is walked is walked to its new end.
  for (const state of reached) {
    for (const [, { from, to }] of allMoves)
      if (from.includes(state)) for (const next of to) reached.add(next)
  }
  return reached
}

import { defaults } from '../job/defaults.ts'
import type { Attempt, LogLine, OnCrash, Retention } from '../job/job.ts'
import { allStates, type State } from '../job/state.ts'

/*
 * Words by the numbers that schemas store. The lists only ever grow at their ends.
 */

/** A state by its place in the list of all states, which never changes. */
export const codeOf = Object.fromEntries(allStates.map((state, i) => [state, i])) as Readonly<
  Record<State, number>
>
export const stateOf = (code: number): State => allStates[code] as State

/** How attempts end. */
export const outcomes = [
  'complete',
  'retry',
  'snooze',
  'release',
  'bury',
  'cancel',
  'lapse',
] as const satisfies readonly Attempt['outcome'][]

export const levels = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLine['level'][]

/** Retention as stored: nothing for the default, which nearly all jobs have. */
export function retainText({ completed, dead, cancelled }: Retention): string | null {
  const usual =
    completed === defaults.retain.completed &&
    dead === defaults.retain.dead &&
    cancelled === defaults.retain.cancelled
  return usual ? null : JSON.stringify({ completed, dead, cancelled })
}

/** A set of states: bit n for the state n. */
export const bitsOf = (states: readonly State[]): number =>
  states.reduce((bits, state) => bits | (1 << codeOf[state]), 0)

/** What a crash means; nothing is stored for the first. */
export const onCrashes = ['retry', 'fail', 'dead'] as const satisfies readonly OnCrash[]

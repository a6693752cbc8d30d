import { isWatched } from '../job/loss.ts'
import type { Outcome } from '../job/settle.ts'
import type { Run, RunKit } from './current-run.ts'
import type { Handled } from './handler.ts'
import { type Input, resultOf } from './stored.ts'

/** Runs a job where something is waited for before its handler is called: its input, or the store's word that it begins. */
export async function slowly(
  one: Run,
  coming: Input | Outcome | Promise<Input | Outcome>,
  handled: Handled,
  kit: RunKit & { call(input: Input): Promise<unknown> },
): Promise<Outcome> {
  const input = await coming
  if ('kind' in input) return input
  if (isWatched(one.job)) await kit.keeper.begin(one)
  const value = await kit.call(input)
  if (one.interrupt !== undefined) throw one.interrupt
  return resultOf(one, value, handled, kit)
}

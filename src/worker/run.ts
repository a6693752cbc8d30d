import { isWatched } from '../job/loss.ts'
import type { Outcome } from '../job/settle.ts'
import { currentRun, type Run, type RunKit } from './current-run.ts'
import { untilGivenUp, watchTime } from './give-up.ts'
import type { Context, Handled, Handler } from './handler.ts'
import { contextOf } from './notes.ts'
import { inputOf, resultOf } from './stored.ts'
import { nameThrown } from './verdict.ts'

/** Runs a claimed job to its outcome: decode, call, and name the ending. Never throws. */
export async function run(one: Run, handled: Handled, kit: RunKit): Promise<Outcome> {
  const stopTimers = watchTime(one, handled, kit)
  let outcome: Outcome
  try {
    outcome = await untilGivenUp(one, kit, through(one, handled, kit))
  } catch (thrown) {
    outcome = nameThrown(one, thrown, handled)
  } finally {
    stopTimers()
  }
  const covered = one.cover ? await one.cover.ending(outcome) : outcome
  return one.committing ? kit.committer.ending(one, covered) : covered
}

async function through(one: Run, handled: Handled, kit: RunKit): Promise<Outcome> {
  const parsed = await inputOf(one, handled, kit)
  if ('kind' in parsed) return parsed
  if (isWatched(one.job)) await kit.keeper.begin(one)
  // Its lease, its time or its worker may be over before it began.
  if (one.abort.aborted) throw one.abort.reason
  const context = contextOf(one, parsed.input, kit)
  const value = await currentRun.run(one, () => (handled.handler as Handler)(context as Context))
  if (one.interrupt !== undefined) throw one.interrupt
  if (value === undefined && !handled.task.output) return { kind: 'returned' }
  return resultOf(one, value, handled, kit)
}

import { isWatched } from '../job/loss.ts'
import type { Outcome } from '../job/settle.ts'
import { lastWord } from './commit.ts'
import { currentRun, type Run, type RunKit } from './current-run.ts'
import { untilGivenUp, watchTime } from './give-up.ts'
import type { Context, Handled, Handler } from './handler.ts'
import { contextOf } from './notes.ts'
import { slowly } from './slowly.ts'
import { type Input, inputOf, resultOf } from './stored.ts'
import { nameThrown } from './verdict.ts'

/**
 * Runs a claimed job: decode, call, and name the ending, of which `ended` is told once, perhaps at once. Never throws.
 * Nearly every job has one promise here, its handler's: each further one is a tenth of all that a small job costs.
 */
export function run(one: Run, handled: Handled, kit: RunKit, ended: (outcome: Outcome) => void): void {
  const stopTimers = watchTime(one, handled, kit)
  const end = (outcome: Outcome): void => {
    stopTimers()
    if (one.cover || one.committing) void lastWord(one, outcome, kit).then(ended)
    else ended(outcome)
  }
  const failed = (thrown: unknown): void => end(nameThrown(one, thrown, handled))
  const done = (value: unknown): void => {
    if (one.interrupt !== undefined) return failed(one.interrupt)
    const outcome = resultOf(one, value, handled, kit)
    if (outcome instanceof Promise) untilGivenUp(one, kit, outcome, { ended: end, failed })
    else end(outcome)
  }
  const calling = (input: Input) => call(one, input, handled, kit)
  try {
    const input = inputOf(one, handled, kit)
    if (input instanceof Promise || isWatched(one.job))
      untilGivenUp(one, kit, slowly(one, input, handled, { ...kit, call: calling }), { ended: end, failed })
    else if ('kind' in input) end(input)
    else untilGivenUp(one, kit, calling(input), { ended: done, failed })
  } catch (thrown) {
    failed(thrown)
  }
}

/** @throws what a handler throws that is no async function. */
function call(one: Run, { input }: Input, { handler }: Handled, kit: RunKit): Promise<unknown> {
  // Its lease, its time or its worker may be over before it began.
  if (one.abort.aborted) throw one.abort.reason
  // A plain promise stays as it is. What has a `then` of its own, a subclass too, may throw there, or call back twice.
  return Promise.resolve(currentRun.run(one, handler as Handler, contextOf(one, input, kit) as Context))
}

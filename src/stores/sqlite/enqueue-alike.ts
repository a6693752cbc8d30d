import type { State } from '../../job/state.ts'
import type { Kind } from './crossing/jobs.ts'
import { type Engine, newTally } from './engine.ts'
import { type Place, placeOf } from './place.ts'
import { codeOf } from './row.ts'
import { attemptOr, NotThisWay } from './savepoint.ts'

/**
 * Writes jobs that are mostly alike with two statements a kind, a quarter of the cost of row by row, and answers with
 * the state of each kind. `undefined`, with nothing written, when one of their ids is taken.
 */
export function enqueueAlike(e: Engine, kinds: readonly Kind[]): readonly State[] | undefined {
  const now = e.time.now()
  // Before the savepoint: the numbers of new names must outlive its rollback.
  const places = kinds.map(({ like }) => placeOf(e, like, now))
  return attemptOr(
    e,
    () => writeAll(e, kinds, places),
    () => undefined,
  )
}

function writeAll(e: Engine, kinds: readonly Kind[], places: readonly Place[]): readonly State[] {
  const { seq } = e.statement('enqueueLast').get() as { seq: number }
  const tally = newTally(e)
  for (const [i, { n, rows }] of kinds.entries()) {
    const { body, ticket, state, queue } = places[i] as Place
    const { changes } = e.statement('enqueueAlikeBodies').run(rows, seq, ...body)
    if (changes !== n) throw new NotThisWay()
    e.statement('enqueueAlikeTickets').run(rows, seq, ...ticket)
    tally.add(queue, codeOf[state], n)
  }
  tally.write()
  return places.map(({ state }) => state)
}

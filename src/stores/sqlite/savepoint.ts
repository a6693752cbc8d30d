import type { Engine } from './engine.ts'
import { isAboutValues } from './faults.ts'

/** Thrown by work that must be taken back and done otherwise. */
export class NotThisWay extends Error {}

/** Does `work`; when that will not do, or SQLite refuses one of its values, takes it back and does `otherwise`. */
export function attemptOr<T>(e: Engine, work: () => T, otherwise: (error: unknown) => T): T {
  e.statement('savepoint').run()
  try {
    const answer = work()
    e.statement('savepointRelease').run()
    return answer
  } catch (error) {
    if (!(error instanceof NotThisWay) && !isAboutValues(error)) throw error
    e.statement('savepointRollback').run()
    e.statement('savepointRelease').run()
    return otherwise(error)
  }
}

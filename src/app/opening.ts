import { WrongMoment } from '../job/errors.ts'
import { openStore } from '../open-store.ts'
import type { DurabilityReport, Store } from '../store/index.ts'
import { Lookout } from '../watch/results.ts'
import { realClock } from '../world.ts'
import { closed, type Phase } from './phase.ts'

/** The store of an app, as it was opened. */
export interface Opened {
  readonly store: Store
  readonly report: DurabilityReport
  readonly lookout: Lookout
}

/** Where an app has its store from: opened once, by the first call that needs it. */
export interface Opening {
  /** @throws {LegworkError} LW1006 once the app stops. */
  open(tx?: unknown): Promise<Opened>
  /** The same without opening anything: `undefined` before the first call that needed the store. */
  opened(): Promise<Opened> | undefined
  /** Another store than the app was made with. @throws {WrongMoment} LW1204 once one is open. */
  use(where: string): void
}

export const isStore = (value: unknown): value is Store =>
  typeof value === 'object' && value !== null && typeof (value as Store).exchange === 'function'

export function opening(phase: Phase, given: string | Store | undefined): Opening {
  let where = given
  let opened: Promise<Opened> | undefined
  return {
    open(tx) {
      if (phase.isStopping) return Promise.reject(closed('the call'))
      // A failed attempt is not kept, so that a later call tries again.
      opened ??= openNow(where, tx).catch((error) => {
        opened = undefined
        throw error
      })
      return opened
    },
    opened: () => opened,
    use(other) {
      if (opened)
        throw new WrongMoment('LW1204', 'useStore() came after the app had opened its store. Call it first.')
      where = other
    },
  }
}

async function openNow(where: string | Store | undefined, tx: unknown): Promise<Opened> {
  const store = isStore(where) ? where : await openStore(where)
  const report = await store.open({ tx })
  // How often to look is no part of a test's time: a result must come without moving its clock.
  return { store, report, lookout: new Lookout({ store, clock: realClock }) }
}

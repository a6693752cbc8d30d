import { type Clock, within } from '../job/clock.ts'
import { LegworkError, StoreError } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'
import type { Health } from '../job/health.ts'
import type { OutageEar } from '../job/outage.ts'
import { realClock } from '../world.ts'
import type { Opening } from './opening.ts'
import type { Phase } from './phase.ts'

/** It hears of the worker's own calls. */
export interface HealthDesk extends OutageEar {
  read(): Promise<Health>
}

/** A look that is younger than this is not repeated. */
const freshMs = 1_000
/** How long to wait for the store's answer to a look. */
const patienceMs = 2_000

interface HealthKit {
  readonly opening: Opening
  readonly clock: Clock
  readonly phase: Phase
}

interface Trouble {
  readonly since: number
  readonly error: unknown
}

/** Hears of the worker's calls, and looks for itself: an app that only enqueues would not hear that the store is back. */
export function healthDesk({ opening, clock, phase }: HealthKit): HealthDesk {
  let well = clock.now()
  const troubles: { worker?: Trouble | undefined; look?: Trouble | undefined } = {}
  let lookedAt = -Infinity
  let looking: Promise<void> | undefined
  const hear = (of: keyof typeof troubles, error: unknown): void => {
    if (error !== undefined) troubles[of] = { since: troubles[of]?.since ?? clock.now(), error }
    else if (troubles[of]) {
      troubles[of] = undefined
      well = clock.now()
    }
  }
  async function look(): Promise<void> {
    const call = askStore(opening)
    const late = () => new StoreError('LW1017', `the store gave no answer within ${patienceMs} ms.`)
    try {
      await within(realClock, patienceMs, { call, late })
      hear('look', undefined)
    } catch (error) {
      hear('look', error)
    }
    lookedAt = realClock.monotonic()
  }
  return {
    failed: (error) => hear('worker', error),
    answered: () => hear('worker', undefined),
    async read() {
      // A look of before says nothing of an app that has stopped.
      if (phase.isStopping || realClock.monotonic() - lookedAt > freshMs)
        await (looking ??= look().finally(() => {
          looking = undefined
        }))
      const now = [troubles.worker, troubles.look].filter((one) => one !== undefined)
      if (now.length === 0) return { status: 'ok', since: new Date(well) }
      const since = new Date(Math.min(...now.map((one) => one.since)))
      return { status: 'degraded', since, cause: causeOf(now.at(-1)?.error) }
    },
  }
}

/** The cheapest question that every store has to answer. */
async function askStore(opening: Opening): Promise<void> {
  const { store } = await opening.open()
  try {
    await store.schedules.due(0)
  } catch (error) {
    // A role that may not ask was answered, too.
    if (!(error instanceof LegworkError) || error.code !== 'LW1019') throw error
  }
}

const causeOf = (error: unknown): NonNullable<Health['cause']> => {
  const { message, code } = toErrorInfo(error)
  return { message, ...(code !== undefined && { code }) }
}

import { slotBefore, slotsAfter } from '../calendar/slots.ts'
import type { Instant } from '../job/job.ts'
import { type BackfillFacts, type Schedule, slotId } from '../job/schedule.ts'
import type { Firing, Store } from '../store/index.ts'
import { makeAll, type MakeJob } from './schedule-slots.ts'

/** Slots that wait behind those that run, so that none waits for the next look. */
const ahead = 100

/**
 * The next slots of a backfill, as many as there is room for; `undefined` while there is none. Its cursor is in the
 * store, so any process goes on where another one stopped.
 */
export async function backfillFiring(
  store: Store,
  schedule: Schedule & { readonly backfill: BackfillFacts },
  makeJob: MakeJob,
): Promise<Firing | undefined> {
  const { backfill, cursorAt, running, waiting, plan } = schedule
  const room = backfill.concurrency + ahead - running - waiting
  if (room <= 0) return undefined
  const instants = slotsAfter(plan.when, cursorAt, { until: backfill.to, limit: Math.min(room, ahead) })
  const isLast = instants.length < Math.min(room, ahead)
  const suffixes = await suffixesOf(store, schedule, instants)
  const first = instants[0]
  const made = await makeAll(schedule, instants, {
    makeJob,
    before: first === undefined ? 0 : slotBefore(plan.when, first),
    suffixOf: (at) => suffixes.get(at) ?? '',
  })
  const to = isLast ? backfill.to : (instants.at(-1) as Instant)
  return {
    name: schedule.name,
    revision: schedule.revision,
    cursor: {
      to,
      ...(!isLast && schedule.nextAt !== undefined && { nextAt: schedule.nextAt }),
    },
    ...made,
    room: { max: backfill.concurrency, buffer: 1_000, cancel: false },
  }
}

/** A slot that is to run again gets a second id, which is the same whoever makes it. */
async function suffixesOf(
  store: Store,
  { name, backfill: { of, reprocess } }: Schedule & { readonly backfill: BackfillFacts },
  instants: readonly Instant[],
): Promise<ReadonlyMap<Instant, string>> {
  if (reprocess === 'none' || instants.length === 0) return new Map()
  const known = await store.get(instants.map((at) => slotId(of, at)))
  const again = instants.filter((_, i) => {
    const state = known[i]?.state
    return state !== undefined && (reprocess === 'all' || state === 'dead' || state === 'cancelled')
  })
  return new Map(again.map((at) => [at, `+${name.slice(of.length + 1)}`]))
}

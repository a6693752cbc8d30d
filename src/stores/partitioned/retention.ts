import {
  boundsOf,
  type Keeping,
  type RetentionPolicy,
  showKeeping,
  type StateKeeping,
} from '../../job/retention.ts'
import type { Retaining, Sample, StoreSize } from '../../store/index.ts'
import { type FinalState, finalStates } from '../../job/state.ts'
import { across, type Kit } from './kit.ts'
import { all, type Part } from './part.ts'

/** Under this name the first partition keeps the policy as it was given. */
const whole = '~retention'

/**
 * One policy for all partitions. What count and bytes of the whole store, or of a spread queue, allow is split evenly, so that
 * together they never keep more, and keep less where the jobs do not lie evenly.
 */
export function retentionWith(kit: Kit): Retaining {
  const first = kit.parts[0] as Part
  return {
    async set({ to, ...order }) {
      refuseTooFew(kit, to)
      // An older release is not heard, and must not be shown either.
      const answers = await all(kit.parts, (store) =>
        store.retention.set({ ...order, to: to && shareOf(kit, to) }),
      )
      if (answers.includes('older')) return 'older'
      await first.call((store) => store.payloads.keepPlace(whole, to ? JSON.stringify(to) : null))
      return answers.includes('set') ? 'set' : 'same'
    },
    async get() {
      const [standing, text] = await first.call((store) =>
        Promise.all([store.retention.get(), store.payloads.placeOf(whole)]),
      )
      if (!standing) return undefined
      return text === undefined ? standing : { ...standing, policy: JSON.parse(text) as RetentionPolicy }
    },
    async size() {
      const sizes = await all(kit.parts, (store) => store.retention.size())
      const free = sizes.map(({ freeBytes }) => freeBytes)
      const next = Math.min(...sizes.map(({ nextRemovalAt }) => nextRemovalAt ?? Infinity))
      return {
        now: sumOf(sizes.map(({ now }) => now)),
        before: (sizes[0] as StoreSize).before.map((_, i) => {
          const samples = sizes.map(({ before }) => before[i])
          return samples.every((one) => one !== undefined) ? sumOf(samples) : undefined
        }),
        ...(free.every((n) => n !== undefined) && { freeBytes: free.reduce((a, b) => a + b, 0) }),
        ...(next < Infinity && { nextRemovalAt: next }),
      }
    },
  }
}

/** A share of less than one job would keep none. @throws {StoreError} LW1031 */
function refuseTooFew({ places }: Kit, to: RetentionPolicy | null): void {
  const few = (to ? boundsOf(to) : []).find(
    ({ queue, limit: { count = 0 } }) =>
      count > 0 && count < places.count && (queue === undefined || places.isSpread(queue)),
  )
  if (few)
    throw across(
      `retention of ${few.queue === undefined ? '' : `queue ${few.queue}: `}${few.state} ${showKeeping(few.limit)}: it is shared evenly among ${places.count} partitions, of which each would keep none. Nothing was changed. Keep ${places.count} or more, or limit the age, or single queues that are not spread.`,
      { count: few.limit.count },
    )
}

function shareOf({ places }: Kit, policy: RetentionPolicy): RetentionPolicy {
  const split = (keeping: Keeping): Keeping => ({
    ...keeping,
    ...(keeping.count !== undefined && { count: Math.floor(keeping.count / places.count) }),
    ...(keeping.bytes !== undefined && { bytes: Math.floor(keeping.bytes / places.count) }),
  })
  const each = (states: StateKeeping): StateKeeping =>
    Object.fromEntries(
      finalStates.flatMap((state) => {
        const keeping = states[state]
        return keeping ? [[state, split(keeping)]] : []
      }),
    )
  const queues = policy.queues && {
    queues: Object.fromEntries(
      Object.entries(policy.queues).map(([name, states]) => [
        name,
        places.isSpread(name) ? each(states) : states,
      ]),
    ),
  }
  return { ...each(policy), ...queues }
}

/** Of one moment, the earliest. */
function sumOf(samples: readonly Sample[]): Sample {
  const sum = (pick: (one: Sample) => number) => samples.reduce((n, one) => n + pick(one), 0)
  const bytes = samples.every((one) => one.bytes !== undefined) && { bytes: sum((one) => one.bytes ?? 0) }
  const finals = Object.fromEntries(finalStates.map((state) => [state, sum((one) => one[state])])) as Record<
    FinalState,
    number
  >
  return {
    at: Math.min(...samples.map(({ at }) => at)),
    enqueued: sum((one) => one.enqueued),
    live: sum((one) => one.live),
    ...finals,
    ...bytes,
  }
}

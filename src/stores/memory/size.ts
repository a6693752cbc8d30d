import { defaults } from '../../job/defaults.ts'
import { lookBacksMs, type Sample } from '../../job/growth.ts'
import { isFinal } from '../../job/state.ts'
import type { StoreSize } from '../../store/index.ts'
import type { Tables } from './tables.ts'

const { everyMs, ageMs } = defaults.keep.samples

/** Notes what the store holds, now and then. */
export function takeSample(s: Tables): void {
  const now = sampleNow(s)
  const last = s.retained.samples.at(-1)?.at ?? -Infinity
  if (last > now.at - everyMs && last <= now.at) return
  s.retained.samples = [...s.retained.samples.filter(({ at }) => at > now.at - ageMs && at < now.at), now]
}

function sampleNow(s: Tables): Sample {
  const rows = [...s.rows.values()]
  const n = (state: string) => rows.filter((row) => row.state === state).length
  const live = rows.filter(({ state }) => !isFinal(state)).length
  const finals = { completed: n('completed'), dead: n('dead'), cancelled: n('cancelled') }
  return { at: s.clock.now(), enqueued: s.seq, live, ...finals }
}

export function size(s: Tables): StoreSize {
  const now = sampleNow(s)
  const before = lookBacksMs.map((ms) =>
    s.retained.samples.find(({ at }) => at >= now.at - ms && at <= now.at),
  )
  const next = Math.min(...[...s.rows.values()].map(({ keepUntil }) => keepUntil ?? Infinity))
  return { now, before, ...(next < Infinity && { nextRemovalAt: next }) }
}

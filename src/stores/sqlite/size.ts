import { defaults } from '../../job/defaults.ts'
import { lookBacksMs, type Sample } from '../../job/growth.ts'
import type { StoreSize } from '../../store/retention.ts'
import { pragma } from './connect.ts'
import { type Engine, yes } from './engine.ts'

const { everyMs, ageMs } = defaults.keep.samples

interface SampleRow extends Omit<Sample, 'at' | 'bytes'> {
  readonly at_ms: number
  readonly bytes: number
}

export const isSampleDue = (e: Engine): boolean =>
  yes(e.statement('sampleDue').get(e.time.now() - everyMs + 1, e.time.now()))

/** Notes what the store takes, now and then. */
export function takeSample(e: Engine): void {
  if (!isSampleDue(e)) return
  const { at, bytes, enqueued, live, completed, dead, cancelled } = sampleNow(e)
  e.statement('sampleForget').run(at - ageMs, at)
  e.statement('sampleAdd').run(at, bytes, enqueued, live, completed, dead, cancelled)
}

const figure = (e: Engine, name: string): number => Number(pragma(e.db, name))

/** From counters and the file's header: whatever is in the store, it costs the same. */
function sampleNow(e: Engine) {
  const row = e.statement('sampleNow').get() as unknown as Omit<SampleRow, 'at_ms' | 'bytes'>
  const pages = figure(e, 'page_count') - figure(e, 'freelist_count')
  return { at: e.time.now(), bytes: pages * figure(e, 'page_size'), ...row }
}

export function size(e: Engine): StoreSize {
  const now = sampleNow(e)
  const rows = lookBacksMs.map((ms) => e.statement('sampleSince').get(now.at - ms, now.at))
  const next = e.statement('historyNext').get() as { at_ms: number } | undefined
  return {
    now,
    freeBytes: figure(e, 'freelist_count') * figure(e, 'page_size'),
    before: rows.map((row) => (row ? toSample(row as unknown as SampleRow) : undefined)),
    ...(next && { nextRemovalAt: next.at_ms }),
  }
}

const toSample = ({ at_ms: at, ...row }: SampleRow): Sample => ({ at, ...row })

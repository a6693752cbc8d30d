import type { Closing } from '../../store/contract.ts'
import type { Engine } from './engine.ts'

/** By their numbers in `legwork_closing`. */
export const closingHows: readonly Closing['how'][] = ['expired', 'cancelled', 'removed']

/** Who follows what happens is that far behind at most, or misses some. */
const kept = 100_000

/** Remembers that these jobs ended while they waited; before they are dropped, if they are. */
export function close(
  e: Engine,
  jobs: readonly { readonly seq: number }[],
  { how, by, reason }: Pick<Closing, 'how' | 'by' | 'reason'>,
): void {
  if (jobs.length === 0) return
  const at = e.time.now()
  for (const { seq } of jobs)
    e.statement('closingAdd').run(seq, at, closingHows.indexOf(how), by ?? null, reason ?? null)
  e.statement('closingTrim').run(kept)
}

import type { ClaimedJob } from '../../job/job.ts'
import type { Lending } from './lending.ts'
import { type ClaimedRow, toClaimed } from './row.ts'

/** Jobs in columns, as hand-out.sql answers them. */
export interface Fresh {
  readonly columns: {
    readonly s: readonly number[]
    readonly i: readonly string[]
    /** `null` of those that are among `odd`. */
    readonly p: readonly (string | null)[]
    readonly l: Column
    readonly c: Column
    readonly m: Column
    readonly k: readonly number[] | null
  }
  readonly lanes: Readonly<Record<string, readonly [task: string, queue: string, version: number]>>
  readonly odd: readonly ClaimedRow[] | null
}
/** One number where it is that of all. */
type Column = number | readonly number[]

const at = (column: Column, i: number): number =>
  typeof column === 'number' ? column : (column[i] as number)

/** Jobs that are handed out for the first time, and those that have more to them, in order. */
export function freshJobs(
  { columns, lanes, odd }: Fresh,
  startedAt: number,
  lent: Lending,
): readonly ClaimedJob[] {
  const { s, i: ids, p, l, c, m } = columns
  const kept = new Set(columns.k)
  const whole = (odd ?? []).values()
  return s.map((seq, i) => {
    const id = ids[i] as string
    const payload = p[i] ?? null
    // Each place without a payload has its row there.
    if (payload === null) return shown(whole.next().value as ClaimedRow, lent)
    lent.lend(id, { fence: 1, seq, isKept: kept.has(seq) })
    const [task = '', queue = '', version = 1] = lanes[at(l, i)] ?? []
    const counts = { fence: 1, attempt: 1, failures: 0, losses: 0, maxAttempts: at(m, i) }
    return { id, task, queue, payload, version, ...counts, createdAt: at(c, i), startedAt }
  })
}

/** Jobs that are handed out whole. */
export const shownJobs = (rows: readonly ClaimedRow[], lent: Lending): readonly ClaimedJob[] =>
  rows.map((row) => shown(row, lent))

function shown(row: ClaimedRow, lent: Lending): ClaimedJob {
  const job = toClaimed(row)
  lent.lend(job.id, { fence: job.fence, seq: row[18], isKept: row[19] })
  return job
}

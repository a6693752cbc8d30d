import type { ClaimedJob } from '../../job/job.ts'
import type { CancelRequest, Claimed } from '../../store/contract.ts'
import type { Reply } from './port.ts'
import { given, type Lane, listed, parsed, rowsOf, textOf, toClaimed, toLane } from './row.ts'

interface Head {
  readonly lease: 'held' | 'lost'
  readonly now: number
  readonly nextDueAt?: number
  readonly lanes?: Readonly<Record<string, string>>
  readonly cancels?: readonly CancelRequest[] | object
  readonly suspects?: true
}

/** The answer of a claim: a head as JSON, then three texts for each job. */
export function claimedOf(reply: Reply): Claimed {
  const [first, ...rows] = rowsOf(reply)
  const { lease, now, nextDueAt, lanes = {}, cancels, suspects } = parsed<Head>(first)
  const known = new Map<string, Lane>()
  const laneAt = (n: string): Lane => {
    const lane = known.get(n) ?? toLane(lanes[n])
    known.set(n, lane)
    return lane
  }
  const jobs: ClaimedJob[] = []
  for (let i = 0; i < rows.length; i += 3)
    jobs.push(toClaimed(textOf(rows[i]), textOf(rows[i + 1]), textOf(rows[i + 2]), laneAt))
  return {
    lease,
    jobs,
    cancels: listed<CancelRequest>(cancels),
    now,
    ...given('nextDueAt', nextDueAt),
    ...(suspects && { suspects }),
  }
}

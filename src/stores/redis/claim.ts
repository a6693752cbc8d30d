import type { ClaimedJob } from '../../job/job.ts'
import type { CancelRequest, Claimed } from '../../store/contract.ts'
import type { Reply } from './port.ts'
import { claimedWidth, given, type Lane, listed, parsed, rowsOf, toClaimed, toLane } from './row.ts'

interface Head {
  readonly lease: 'held' | 'lost'
  readonly now: number
  readonly nextDueAt?: number
  readonly lanes?: Readonly<Record<string, string>>
  readonly cancels?: readonly CancelRequest[] | object
  readonly suspects?: true
}

/** The answer of a claim: a head as JSON, then the values of each job. */
export function claimedOf(reply: Reply): Claimed {
  const rows = rowsOf(reply)
  const { lease, now, nextDueAt, lanes = {}, cancels, suspects } = parsed<Head>(rows[0])
  const known = new Map<number, Lane>()
  const laneAt = (n: number): Lane => {
    const lane = known.get(n) ?? toLane(lanes[n])
    known.set(n, lane)
    return lane
  }
  const jobs: ClaimedJob[] = []
  for (let at = 1; at < rows.length; at += claimedWidth) jobs.push(toClaimed(rows, at, laneAt))
  return {
    lease,
    jobs,
    cancels: listed<CancelRequest>(cancels),
    now,
    ...given('nextDueAt', nextDueAt),
    ...(suspects && { suspects }),
  }
}

import type { ClaimedJob, ErrorInfo, Previous } from '../../../job/job.ts'
import type { Claimed } from '../../../store/contract.ts'
import { type SlotFacts, slotName } from '../../../job/schedule.ts'
import { onCrashOf, outcomes } from '../row.ts'

/** Jobs that were just handed out, as SQLite's own JSON rows: the columns of claim-body.sql. */
export interface Handed {
  readonly queue: string
  readonly startedAt: number
  readonly rows: string
  readonly suspect?: true
}

type HandedRow = readonly [
  id: string,
  task: string,
  version: number,
  fence: number,
  attempt: number,
  failures: number,
  losses: number,
  maxAttempts: number,
  createdAt: number,
  deadlineAt: number | null,
  payload: string,
  checkpoint: string | null,
  previous: PreviousRow | null,
  slot: readonly [at: number, from: number, isBackfill: number] | null,
  onCrash: number | null,
]

export type ClaimedRows = Omit<Claimed, 'jobs'> & { readonly jobs: readonly (ClaimedJob | Handed)[] }

export function claimedOf({ jobs, ...claimed }: ClaimedRows): Claimed {
  return { ...claimed, jobs: jobs.flatMap((one) => ('rows' in one ? handedJobs(one) : one)) }
}

const handedJobs = ({ queue, startedAt, rows, suspect }: Handed): ClaimedJob[] =>
  (JSON.parse(rows) as HandedRow[]).map((row) => {
    const [id, task, version, fence, attempt, failures, losses, maxAttempts, createdAt] = row
    const held = { fence, attempt, failures, losses, maxAttempts, createdAt, startedAt }
    const job = { id, task, queue, payload: row[10], version, ...held }
    const isPlain = row[9] === null && attempt === 1 && row[13] === null && !row[14] && !suspect
    return isPlain ? job : { ...job, ...rareOf(row), ...(suspect && { suspect }) }
  })

/** What few jobs have. */
function rareOf(row: HandedRow): Partial<ClaimedJob> {
  const [deadlineAt, checkpoint, previous, slot, onCrash] = [row[9], row[11], row[12], row[13], row[14]]
  return {
    ...(deadlineAt !== null && { deadlineAt }),
    ...(checkpoint !== null && { checkpoint }),
    ...(previous !== null && { previous: toPrevious(previous) }),
    ...(slot !== null && { schedule: toSlot(row[0], slot) }),
    ...(onCrash && { onCrash: onCrashOf(onCrash) }),
  }
}

const toSlot = (id: string, [at, from, isBackfill]: NonNullable<HandedRow[13]>): SlotFacts => ({
  ...slotName(id),
  at,
  from,
  isBackfill: isBackfill === 1,
})

/** How the attempt before ended, in the order of claim-body.sql and claim-previous.sql. */
export type PreviousRow = readonly [
  outcome: number,
  endedAt: number,
  worker: string,
  error: ErrorInfo | null,
  reason: string | null,
]

export function toPrevious([outcome, endedAt, worker, error, reason]: PreviousRow): Previous {
  const name = outcomes[outcome] as Previous['outcome']
  return { outcome: name, endedAt, worker, ...(error && { error }), ...(reason && { reason }) }
}

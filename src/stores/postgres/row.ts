import type {
  Attempt,
  ClaimedJob,
  ErrorInfo,
  Job,
  LogLine,
  Previous,
  Progress,
  Revision,
} from '../../job/job.ts'
import { slotName, type SlotFacts } from '../../job/schedule.ts'
import { levels, onCrashes, outcomes, stateOf } from '../../store/codes.ts'
import type { WorkerAbout } from '../../store/contract.ts'

/** The columns of claimed-rows.sql. */
export type ClaimedRow = readonly [
  id: string,
  task: string,
  queue: string,
  version: number,
  fence: number,
  attempt: number,
  failures: number,
  losses: number,
  maxAttempts: number,
  createdAt: number,
  startedAt: number,
  deadlineAt: number | null,
  payload: string,
  suspect: boolean | null,
  checkpoint: string | null,
  previous: PreviousRow | null,
  slot: SlotRow | null,
  onCrash: number | null,
  seq: number,
  isKeptItsOwnTime: boolean,
]
type PreviousRow = readonly [
  outcome: number,
  endedAt: number,
  worker: string,
  error: string | null,
  reason: string | null,
]
type SlotRow = readonly [at: number, from: number, isBackfill: boolean, heldBy?: string | null]

export function toClaimed(row: ClaimedRow): ClaimedJob {
  const [id, task, queue, version, fence, attempt, failures, losses, maxAttempts, createdAt, startedAt] = row
  const job = { id, task, queue, payload: row[12], version, fence, attempt, failures, losses, maxAttempts }
  const known = { ...job, createdAt, startedAt }
  const isPlain =
    attempt === 1 &&
    row[11] === null &&
    row[13] === null &&
    row[14] === null &&
    row[16] === null &&
    row[17] === null
  return isPlain
    ? known
    : {
        ...known,
        ...given('deadlineAt', row[11]),
        ...(row[13] === true && { suspect: true as const }),
        ...given('checkpoint', row[14]),
        ...given('onCrash', row[17] === null ? null : onCrashes[row[17]]),
        ...given('previous', row[15] && toPrevious(row[15])),
        ...given('schedule', row[16] && toSlot(id, row[16])),
      }
}

function toPrevious([outcome, endedAt, worker, error, reason]: PreviousRow): Previous {
  return {
    ...{ outcome: outcomes[outcome] as Previous['outcome'], endedAt, worker },
    ...given('error', parse<ErrorInfo>(error)),
    ...given('reason', reason),
  }
}

function toSlot(id: string, [at, from, isBackfill, heldBy]: SlotRow): SlotFacts & { heldBy?: string } {
  return { ...slotName(id), at, from, isBackfill, ...given('heldBy', heldBy) }
}

/** The columns of job-row.sql. */
export type JobRow = readonly [
  id: string,
  task: string,
  queue: string,
  state: number,
  payload: string,
  version: number,
  priority: number,
  tags: string | null,
  createdAt: number,
  availableAt: number,
  attempt: number,
  fence: number,
  failures: number,
  losses: number,
  snoozes: number,
  releases: number,
  maxAttempts: number,
  expiresAt: number | null,
  startedAt: number | null,
  finishedAt: number | null,
  suspect: boolean | null,
  worker: string | null,
  cancelRequested: string | null,
  reason: string | null,
  result: string | null,
  checkpoint: string | null,
  progress: string | null,
  newest: readonly [startedAt: number, progress: string | null, error: string | null] | null,
  slot: SlotRow | null,
  avoids: string | null,
]

/** A job as the contract shows it. What a job that does not run shows of its last run is that of its newest attempt. */
export function toJob(row: JobRow): Job {
  const [id, task, queue, state, payload, version, priority, tags, createdAt, availableAt] = row
  const [attempt, fence, failures, losses, snoozes, releases, maxAttempts] = row.slice(10, 17) as number[]
  const [expiresAt, startedAt, finishedAt, suspect, worker, cancelRequested, reason, result] = [
    ...[row[17], row[18], row[19]],
    ...[row[20], row[21], row[22], row[23], row[24]],
  ] as [number | null, number | null, number | null, boolean | null, ...(string | null)[]]
  const running = stateOf(state) === 'running'
  const newest = row[27]
  return {
    ...{ id, task, queue, state: stateOf(state), payload, version, priority, createdAt, availableAt },
    tags: parse<string[]>(tags) ?? [],
    // The slice above has these seven.
    ...({ attempt, fence, failures, losses, snoozes, releases, maxAttempts } as Counters),
    ...given('expiresAt', expiresAt),
    ...given('startedAt', running ? startedAt : newest?.[0]),
    ...given('finishedAt', finishedAt),
    ...(suspect === true && { suspect: true as const }),
    ...given('worker', worker),
    ...given('cancelRequested', cancelRequested),
    ...given('reason', reason),
    ...given('result', result),
    ...given('checkpoint', row[25]),
    ...given('error', parse<ErrorInfo>(newest?.[2])),
    ...given('progress', parse<Progress>(running ? row[26] : newest?.[1])),
    ...given('avoids', row[29]),
    ...given('schedule', row[28] && toSlot(id, row[28])),
  }
}
type Counters = Pick<
  Job,
  'attempt' | 'fence' | 'failures' | 'losses' | 'snoozes' | 'releases' | 'maxAttempts'
>

/** The columns of attempt-row.sql. */
export type AttemptRow = readonly [
  attempt: number,
  fence: number,
  worker: string,
  ranOn: string,
  startedAt: number,
  endedAt: number,
  outcome: number,
  error: string | null,
  reason: string | null,
  progress: string | null,
]

export function toAttempt(row: AttemptRow): Attempt {
  const [attempt, fence, worker, ranOn, startedAt, endedAt, outcome] = row
  return {
    ...{ attempt, fence, worker, ranOn, startedAt, endedAt },
    outcome: outcomes[outcome] as Attempt['outcome'],
    ...given('error', parse<ErrorInfo>(row[7])),
    ...given('reason', row[8]),
    ...given('progress', parse<Progress>(row[9])),
  }
}

export type LogRow = readonly [
  attempt: number,
  at: number,
  level: number,
  message: string,
  data: string | null,
]
export const toLogLine = ([attempt, at, level, message, data]: LogRow): LogLine & { attempt: number } => ({
  ...{ attempt, at, level: levels[level] ?? 'info', message },
  ...given('data', data),
})

export type RevisionRow = readonly [
  at: number,
  by: string,
  reason: string | null,
  version: number,
  payload: string,
]
export const toRevision = ([at, by, reason, version, payload]: RevisionRow): Revision => ({
  ...{ at, by },
  ...given('reason', reason),
  ...{ version, payload },
})

/** What a worker says of itself besides the columns. */
export const aboutText = ({ queues, tasks, versions, tellsBegin, schedules, limits }: WorkerAbout): string =>
  JSON.stringify({ queues, tasks, versions, tellsBegin, schedules, limits })
export const aboutOf = (
  text: string,
): Pick<WorkerAbout, 'queues' | 'tasks' | 'versions' | 'tellsBegin' | 'schedules' | 'limits'> =>
  // The column holds what `aboutText` wrote.
  JSON.parse(text) as WorkerAbout

/** `{ [key]: value }`, or nothing where the column is null: absent stays absent. */
export function given<K extends string, V>(key: K, value: V | null | undefined): { readonly [P in K]?: V } {
  return value === null || value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V })
}

// A json column holds what this store wrote from a value of that type.
const parse = <T>(text: string | null | undefined): T | null => (text ? (JSON.parse(text) as T) : null)

export { parse as parseText }

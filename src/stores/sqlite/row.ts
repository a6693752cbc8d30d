import { defaults } from '../../job/defaults.ts'
import type { Attempt, ErrorInfo, Job, LogLine, OnCrash, Progress, Retention } from '../../job/job.ts'
import { codeOf, levels, onCrashes, outcomes, stateOf } from '../../store/codes.ts'
import type { WorkerAbout } from '../../store/contract.ts'

export { codeOf, levels, onCrashes, outcomes, retainText, stateOf } from '../../store/codes.ts'

// A column holds what this file wrote.
export const retention = (text: string | null): Retention =>
  text === null ? defaults.retain : (JSON.parse(text) as Retention)

/** The columns of `job-by-id.sql`. */
export interface JobRow {
  readonly seq: number
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly state: number
  readonly version: number
  readonly priority: number
  readonly max_attempts: number
  readonly created_at_ms: number
  readonly tags: string | null
  readonly payload: string
  readonly available_at_ms: number
  readonly expires_at_ms: number | null
  readonly finished_at_ms: number | null
  readonly fence: number
  readonly attempt: number
  readonly failures: number
  readonly losses: number
  readonly snoozes: number
  readonly releases: number
  readonly worker: string | null
  readonly started_at_ms: number | null
  readonly cancel_reason: string | null
  readonly progress: string | null
  readonly suspect: number | null
  readonly avoids: string | null
  readonly reason: string | null
  readonly result: string | null
  readonly checkpoint: string | null
}

/** What a crash means, by the number that the schema stores. */
export const onCrashOf = (code: number | null): OnCrash => onCrashes[code ?? 0] ?? 'retry'

/** The columns of `attempt-newest.sql`. */
export interface NewestRow {
  readonly started_at_ms: number
  readonly progress: string | null
  readonly error: string | null
}

/** A job as the contract shows it. What a job that does not run shows of its last run comes from `newest`. */
export function toJob(row: JobRow, newest: NewestRow | undefined): Job {
  const running = row.state === codeOf.running
  return {
    id: row.id,
    task: row.task,
    queue: row.queue,
    state: stateOf(row.state),
    payload: row.payload,
    version: row.version,
    priority: row.priority,
    tags: row.tags === null ? [] : (JSON.parse(row.tags) as string[]),
    createdAt: row.created_at_ms,
    availableAt: row.available_at_ms,
    attempt: row.attempt,
    fence: row.fence,
    failures: row.failures,
    losses: row.losses,
    snoozes: row.snoozes,
    releases: row.releases,
    maxAttempts: row.max_attempts,
    ...given('expiresAt', row.expires_at_ms),
    ...given('startedAt', running ? row.started_at_ms : (newest?.started_at_ms ?? null)),
    ...given('finishedAt', row.finished_at_ms),
    ...(row.suspect === 1 && { suspect: true }),
    ...given('avoids', row.avoids),
    ...given('worker', row.worker),
    ...given('cancelRequested', row.cancel_reason),
    ...given('reason', row.reason),
    ...given('result', row.result),
    ...given('checkpoint', row.checkpoint),
    ...given('error', parse<ErrorInfo>(newest?.error)),
    ...given('progress', parse<Progress>(running ? row.progress : newest?.progress)),
  }
}

/** The columns of `attempt-list.sql`. */
export interface AttemptRow {
  readonly attempt: number
  readonly fence: number
  readonly worker: string
  readonly ran_on: string
  readonly started_at_ms: number
  readonly ended_at_ms: number
  readonly outcome: number
  readonly error: string | null
  readonly reason: string | null
  readonly progress: string | null
}

export const toAttempt = (row: AttemptRow): Attempt => ({
  attempt: row.attempt,
  fence: row.fence,
  worker: row.worker,
  ranOn: row.ran_on,
  startedAt: row.started_at_ms,
  endedAt: row.ended_at_ms,
  outcome: outcomes[row.outcome] as Attempt['outcome'],
  ...given('error', parse<ErrorInfo>(row.error)),
  ...given('reason', row.reason),
  ...given('progress', parse<Progress>(row.progress)),
})

/** What a worker knows, as stored: a name, or a name and its version where that is not 1. */
export const tasksText = ({ tasks, versions = {} }: WorkerAbout): string =>
  JSON.stringify(tasks.map((name) => (Object.hasOwn(versions, name) ? [name, versions[name]] : name)))

export function knownTasks(text: string): Pick<WorkerAbout, 'tasks' | 'versions'> {
  // The column holds what this file wrote.
  const known = JSON.parse(text) as (string | [string, number])[]
  const versions = known.filter((one) => typeof one !== 'string')
  return {
    tasks: known.map((one) => (typeof one === 'string' ? one : one[0])),
    ...(versions.length > 0 && { versions: Object.fromEntries(versions) }),
  }
}

/** The columns of `log-list.sql`. */
export interface LogRow {
  readonly attempt: number
  readonly at_ms: number
  readonly level: number
  readonly message: string
  readonly data: string | null
}

export const toLogLine = (row: LogRow): LogLine & { readonly attempt: number } => ({
  attempt: row.attempt,
  at: row.at_ms,
  level: levels[row.level] ?? 'info',
  message: row.message,
  ...given('data', row.data),
})

/** `{ [key]: value }`, or nothing where the column is null: absent stays absent. */
function given<K extends string, V>(key: K, value: V | null | undefined): { readonly [P in K]?: V } {
  return value === null || value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V })
}

// A json column holds what this store wrote from a value of that type.
const parse = <T>(text: string | null | undefined): T | null => (text ? (JSON.parse(text) as T) : null)

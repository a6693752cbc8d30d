import type { Attempt, ErrorInfo, Instant, Job, LogLevel } from '../job/job.ts'
import { isFinal, type State } from '../job/state.ts'

/** Something that happened to a job. */
export type JobEvent<Out = unknown, Progress = unknown> = { readonly at: Instant; readonly id: string } & (
  | { readonly type: 'enqueued' }
  | { readonly type: 'started'; readonly attempt: number; readonly worker: string }
  | {
      readonly type: 'progress'
      readonly attempt: number
      readonly percent?: number
      readonly note?: string
      readonly data?: Progress
    }
  | {
      readonly type: 'log'
      readonly attempt: number
      readonly level: LogLevel
      readonly message: string
      readonly data?: unknown
    }
  | {
      readonly type: 'ended'
      readonly attempt: number
      readonly outcome: Attempt['outcome']
      readonly error?: ErrorInfo
      readonly reason?: string
    }
  | { readonly type: 'completed'; readonly output: Out }
  | { readonly type: 'dead' | 'cancelled'; readonly reason: string; readonly error?: ErrorInfo }
)

/** The job's history in order, from its record with attempts and logs; pure, so that any store can show it. */
export function eventsOf(job: Job): JobEvent[] {
  const { id } = job
  const events: JobEvent[] = [{ type: 'enqueued', at: job.createdAt, id }]
  for (const { attempt, startedAt, worker, endedAt, outcome, error, reason, progress } of job.attempts ??
    []) {
    events.push({ type: 'started', at: startedAt, id, attempt, worker }, ...logsOf(job, attempt))
    if (progress) events.push(progressEvent(id, attempt, progress))
    events.push({
      type: 'ended',
      at: endedAt,
      id,
      attempt,
      outcome,
      ...(error && { error }),
      ...(reason && { reason }),
    })
  }
  if (job.state === 'running' && job.startedAt !== undefined) {
    events.push(
      { type: 'started', at: job.startedAt, id, attempt: job.attempt, worker: job.worker ?? '' },
      ...logsOf(job, job.attempt),
    )
    if (job.progress) events.push(progressEvent(id, job.attempt, job.progress))
  }
  if (isFinal(job.state)) events.push(finalEvent(job, job.state))
  return events
}

/** Names an event so that a reader who polls can tell the new from the known. */
export function eventKey(event: JobEvent): string {
  const attempt = 'attempt' in event ? event.attempt : 0
  const detail =
    event.type === 'log' ? event.message : event.type === 'progress' ? `${event.percent}${event.note}` : ''
  return `${event.type}|${attempt}|${event.at}|${detail}`
}

const parsed = (text: string | undefined) => (text === undefined ? {} : { data: JSON.parse(text) as unknown })

function logsOf(job: Job, attempt: number): JobEvent[] {
  const lines = (job.logs ?? []).filter((line) => line.attempt === attempt)
  return lines.map(({ at, level, message, data }) => ({
    type: 'log',
    at,
    id: job.id,
    attempt,
    level,
    message,
    ...parsed(data),
  }))
}

function progressEvent(
  id: string,
  attempt: number,
  { at, percent, note, data }: NonNullable<Job['progress']>,
): JobEvent {
  return {
    type: 'progress',
    at,
    id,
    attempt,
    ...(percent !== undefined && { percent }),
    ...(note !== undefined && { note }),
    ...parsed(data),
  }
}

function finalEvent(job: Job, state: Extract<State, 'completed' | 'dead' | 'cancelled'>): JobEvent {
  const at = job.finishedAt ?? job.createdAt
  if (state === 'completed')
    return {
      type: 'completed',
      at,
      id: job.id,
      output: job.result === undefined ? undefined : JSON.parse(job.result),
    }
  return { type: state, at, id: job.id, reason: job.reason ?? '', ...(job.error && { error: job.error }) }
}

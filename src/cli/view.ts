import type { Attempt, Instant, Job, Progress } from '../job/job.ts'
import { showMs } from '../job/duration.ts'
import type { State } from '../job/state.ts'
import type { Paint } from './terminal.ts'

/** A job as `--json` shows it: payload, output and data as values, instants as ISO texts. */
export function jobJson(job: Job): object {
  const {
    payload,
    result,
    createdAt,
    availableAt,
    expiresAt,
    startedAt,
    finishedAt,
    progress,
    checkpoint,
    attempts,
    logs,
    ...rest
  } = job
  return {
    ...rest,
    payload: value(payload),
    ...(result !== undefined && { output: value(result) }),
    ...instants({ createdAt, availableAt, expiresAt, startedAt, finishedAt }),
    ...(progress && { progress: progressJson(progress) }),
    ...(checkpoint !== undefined && { checkpoint: value(checkpoint) }),
    ...(attempts && { attempts: attempts.map(attemptJson) }),
    ...(logs && {
      logs: logs.map(({ at, data, ...line }) => ({
        at: iso(at),
        ...line,
        ...(data !== undefined && { data: value(data) }),
      })),
    }),
  }
}

function attemptJson({ startedAt, endedAt, progress, ...rest }: Attempt): object {
  return {
    ...rest,
    ...instants({ startedAt, endedAt }),
    ...(progress && { progress: progressJson(progress) }),
  }
}

const progressJson = ({ at, data, ...rest }: Progress): object => ({
  at: iso(at),
  ...rest,
  ...(data !== undefined && { data: value(data) }),
})

/** The same fields with ISO texts; without those that are not set. */
export function instants(of: Readonly<Record<string, Instant | undefined>>): Record<string, string> {
  const set = Object.entries(of).filter((entry): entry is [string, Instant] => entry[1] !== undefined)
  return Object.fromEntries(set.map(([name, at]) => [name, iso(at)]))
}

export const iso = (at: Instant): string => new Date(at).toISOString()

/** A stored JSON text as a value; the text itself where it is none. */
export function value(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** `3m20s ago`, `in 41s`. */
export function ago(at: Instant | undefined, now: Instant): string {
  if (at === undefined) return '-'
  return at > now ? `in ${showMs(at - now)}` : `${showMs(now - at)} ago`
}

/** The one thing that a person wants to know of a job besides its state. */
export function noteOf(job: Job, now: Instant): string {
  const problem = job.error ? `${job.error.name}: ${job.error.message}` : ''
  switch (job.state) {
    case 'scheduled':
      return [ago(job.availableAt, now), problem].filter(Boolean).join(', ')
    case 'running':
      return job.cancelRequested ? `asked to stop: ${job.cancelRequested}` : showProgress(job.progress)
    case 'dead':
      return [job.reason, problem].filter(Boolean).join(', ')
    case 'cancelled':
      return job.reason ?? ''
    default:
      return job.state === 'completed' ? '' : problem
  }
}

export function showProgress(progress: Pick<Progress, 'percent' | 'note'> | undefined): string {
  if (!progress) return ''
  return [progress.percent === undefined ? '' : `${progress.percent}%`, progress.note ?? '']
    .filter(Boolean)
    .join(' ')
}

export const stateColour = (state: State): Paint | undefined => colours[state]

const colours: { readonly [S in State]?: Paint } = {
  completed: 'green',
  running: 'cyan',
  dead: 'red',
  cancelled: 'yellow',
  blocked: 'dim',
  parked: 'dim',
  scheduled: 'dim',
}

import type { ClaimedJob, ErrorInfo, Job, LogLine, NewJob, Progress } from './job.ts'
import type { PathRule } from './paths.ts'
import type { Outcome } from './settle.ts'

/** What of a task's jobs is hidden: from people, or from whoever reads the file. */
export interface Hide {
  readonly redact: readonly PathRule[]
  readonly encrypt?: true | readonly PathRule[]
}

/** How texts come into the store and out of it again: hidden, sealed, or kept elsewhere where they are large. */
export interface Wrapping {
  /** The job as it is stored; the same job where nothing is to be hidden. */
  store(job: NewJob, hide: Hide | undefined): NewJob | Promise<NewJob>
  /** The payload of a claimed job as its producer said it; undefined for a plain job of a plain task. */
  open(job: ClaimedJob, hide: Hide | undefined): Promise<Opened> | undefined
  /** JSON text of the payload of a stored job, as its producer said it. */
  payloadOf(job: Pick<Job, 'id' | 'task' | 'payload'>): Promise<string>
  /** Another payload for a stored job: hidden as the one before and as its task says, sealed with the key that the job has. */
  rewrite(job: Pick<Job, 'id' | 'task' | 'payload'>, payload: string, hide: Hide | undefined): Promise<string>
  /** What is stored of a unique key, for a task that hides so. */
  uniqueKey(key: string, hide: Hide | undefined): Promise<string>
  /** The job with what its run left behind opened; what cannot be opened stays closed. */
  read(job: Job): Job | Promise<Job>
  /** How large a payload may be before it is sealed or put elsewhere. */
  readonly payloadBytes: number
  readonly resultBytes: number
}

export interface Opened {
  /** JSON text. */
  readonly payload: string
  readonly cover: Cover
}

/** Covers what one run of a job says before it is stored. */
export interface Cover {
  line<L extends Pick<LogLine, 'message' | 'data'>>(line: L): L
  progress<P extends Omit<Progress, 'at'>>(progress: P): P
  error(error: ErrorInfo): ErrorInfo
  /** An error of an earlier attempt, as it was thrown. */
  reveal(error: ErrorInfo): ErrorInfo
  /** JSON text that only a later attempt reads. */
  close(text: string): string
  open(text: string): string
  /** Never rejects: a result that cannot be stored makes another outcome of it. */
  ending(outcome: Outcome): Promise<Outcome>
}

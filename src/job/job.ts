import type { SlotFacts } from './schedule.ts'
import type { FinalState, Move, State } from './state.ts'
import type { Unique } from './unique.ts'

/** Milliseconds since 1970 by the store's clock. */
export type Instant = number
/** Names one registration of one worker process; random, never used again. */
export type WorkerId = string
/** Rises by one at every claim and whenever a lease is taken away; the holder of a job is `(worker, fence)`. */
export type Fence = number

/** How long a finished job is kept, by final state, in milliseconds; `null` keeps it until somebody removes it. */
export type Retention = Readonly<Record<FinalState, number | null>>

/** A job as the producer hands it to the store: everything decided, nothing looked up. */
export interface NewJob {
  readonly id: string
  /** The id is the caller's, so that other calls may come with it too. */
  readonly isOwnId?: true
  readonly task: string
  readonly queue: string
  /** JSON text. */
  readonly payload: string
  /** Version of the payload's shape. */
  readonly version: number
  /** 0 (first) to 9 (last). */
  readonly priority: number
  /** Not before this long after the store received it. Use this or `runAt`. */
  readonly delayMs?: number
  /** Not before this instant of the store's clock. */
  readonly runAt?: Instant
  /** Dead (expired) when not started this long after enqueue. */
  readonly ttlMs?: number
  /** Dead (expired) when not final this long after enqueue, through all retries. */
  readonly deadlineMs?: number
  /** Failures after which the job is dead. */
  readonly maxAttempts: number
  readonly tags: readonly string[]
  readonly retain: Retention
  /** What a crash means. Default `retry`. */
  readonly onCrash?: OnCrash
  /** Only one job holds this key at a time. */
  readonly unique?: Unique
}

/**
 * What it means when a worker is lost while it holds the job. `retry`: the job runs again, and no failure is counted; `fail`: it
 * counts as a failure; `dead`: it is never run again by itself, for work that must not be repeated blindly.
 */
export type OnCrash = 'retry' | 'fail' | 'dead'

/** What became of one `NewJob`. */
export type Enqueued = Accepted | Declined

/**
 * There is a job. `duplicate`: one of this id was there already. `existing`: its twin, the job that holds its unique
 * key, stands for it. `replaced`: the twin took what the newcomer says.
 */
export interface Accepted {
  /** Of the job that the caller has now. */
  readonly id: string
  readonly outcome: 'created' | 'duplicate' | 'existing' | 'replaced'
  readonly state: State
  /** The task of that job. */
  readonly task: string
}

/** Nothing was written. */
export interface Declined {
  readonly id: string
  readonly outcome: 'refused'
  readonly refusal: Refusal
  readonly state?: never
  readonly task?: never
}

/**
 * `twin`: another job holds the unique key. `queue-full`, `enqueue-rate`: the limits of the queue. `batch`: another job
 * of an all-or-none call was refused.
 */
export type Refusal =
  | { readonly because: 'twin'; readonly twin: string }
  | {
      readonly because: 'queue-full'
      readonly queue: string
      readonly maxWaiting: number
      readonly retryAfterMs: number
    }
  | {
      readonly because: 'enqueue-rate'
      readonly queue: string
      readonly max: number
      readonly everyMs: number
      readonly retryAfterMs: number
    }
  | { readonly because: 'batch' }
  /** The partition that it belongs to did not answer: it may be stored, or not. */
  | { readonly because: 'away'; readonly message: string }

/** A job in a worker's hands. */
export interface ClaimedJob {
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly payload: string
  readonly version: number
  readonly fence: Fence
  /** Number of this claim: 1 for the first. */
  readonly attempt: number
  readonly failures: number
  readonly losses: number
  readonly maxAttempts: number
  readonly createdAt: Instant
  readonly startedAt: Instant
  /** The whole job must be final by then. */
  readonly deadlineAt?: Instant
  /** JSON text: how far an earlier attempt came, where it said so. */
  readonly checkpoint?: string
  /** Absent: `retry`. */
  readonly onCrash?: OnCrash
  /** It may be what takes its workers down: nothing else may run in this process while it does. */
  readonly suspect?: true
  /** How the attempt before ended; absent on the first. */
  readonly previous?: Previous
  /** The slot of a schedule that it is for. */
  readonly schedule?: SlotFacts
}

/** How an attempt ended, for the next one. */
export type Previous = Pick<Attempt, 'outcome' | 'endedAt' | 'worker' | 'error' | 'reason'>

/**
 * How an attempt ended, in the words of the store; a worker says `lapse` when the isolate of a job was lost and it lives on. Each settles the lease `(id, fence)` of one claimed job. */
export interface Settlement {
  readonly id: string
  readonly fence: Fence
  readonly move: SettleMove
  /** For retry, snooze and release: not before this long after the store received it. */
  readonly delayMs?: number
  /** For retry and snooze: another process than this one is to take it, while one is there: see `elsewhereMs`. */
  readonly elsewhere?: true
  /** JSON text of a completed job's result; absent when it returned nothing. */
  readonly result?: string
  /** Why it is dead or cancelled. */
  readonly reason?: string
  readonly error?: ErrorInfo
}
export type SettleMove = Extract<
  Move,
  'complete' | 'retry' | 'snooze' | 'release' | 'bury' | 'cancel' | 'lapse'
>

/**
 * What became of a settlement: `applied` (also when it is sent again), `conflict` (this lease was settled
 * differently before), `stale` (the worker no longer holds the job; nothing changed), `gone` (no such job).
 */
export type Settled = 'applied' | 'conflict' | 'stale' | 'gone'

/** Why a job is in the dead letters. */
export type DeadReason = 'exhausted' | 'discarded' | 'expired' | 'undecodable' | 'poison' | 'crashed'

/** A thrown value, made storable. */
export interface ErrorInfo {
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly code?: string
  /** Equal for errors that look alike: name, message without its numbers and ids, first frame of the stack. */
  readonly fingerprint: string
}

/** What a handler said about its progress; the newest replaces the one before. */
export interface Progress {
  readonly at: Instant
  /** 0 to 100, where the handler gave one. */
  readonly percent?: number
  readonly note?: string
  /** JSON text. */
  readonly data?: string
}

export interface LogLine {
  readonly at: Instant
  readonly level: LogLevel
  readonly message: string
  /** JSON text. */
  readonly data?: string
}
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One run of a job that has ended. */
export interface Attempt {
  readonly attempt: number
  readonly fence: Fence
  readonly worker: WorkerId
  /** Process and host of the worker, for people. */
  readonly ranOn: string
  readonly startedAt: Instant
  readonly endedAt: Instant
  /** The move that ended it; `lapse` is a loss. */
  readonly outcome: SettleMove
  readonly error?: ErrorInfo
  readonly reason?: string
  readonly progress?: Progress
}

/** A payload before a person changed it. */
export interface Revision {
  readonly at: Instant
  readonly by: string
  readonly reason?: string
  readonly version: number
  readonly payload: string
}

/** Everything a store knows of one job. */
export interface Job {
  readonly id: string
  readonly task: string
  readonly queue: string
  readonly state: State
  readonly payload: string
  readonly version: number
  readonly priority: number
  readonly tags: readonly string[]
  readonly createdAt: Instant
  /** When it could first be claimed in its present state. */
  readonly availableAt: Instant
  readonly expiresAt?: Instant
  readonly startedAt?: Instant
  readonly finishedAt?: Instant
  /** Number of claims. Never goes down. */
  readonly attempt: number
  readonly fence: Fence
  /** What `maxAttempts` limits; reset by a person's retry. */
  readonly failures: number
  /** Crashes and lost leases: counted apart; reset by a person's retry. */
  readonly losses: number
  /** It was lost too often beside others, so it runs again with nothing beside it. */
  readonly suspect?: true
  /** Host and process that are not to run it next, while another one that can is there, for `elsewhereMs` at most. */
  readonly avoids?: string
  readonly snoozes: number
  readonly releases: number
  readonly maxAttempts: number
  readonly worker?: WorkerId
  /** Set while a running job has been asked to stop. */
  readonly cancelRequested?: string
  /** Of a dead or cancelled job. */
  readonly reason?: string
  readonly result?: string
  /** Of the last attempt that failed. */
  readonly error?: ErrorInfo
  readonly progress?: Progress
  /** JSON text: the cursor from which the next attempt goes on. Only a retry after completion forgets it. */
  readonly checkpoint?: string
  /** The slot of a schedule that it is for, and the earlier job that it waits for. */
  readonly schedule?: SlotFacts & { readonly heldBy?: string }
  /** Oldest first; only where asked for. */
  readonly attempts?: readonly Attempt[]
  /** What the payload was before each edit, oldest first; only where asked for. */
  readonly revisions?: readonly Revision[]
  /** By attempt and time; only where asked for. */
  readonly logs?: readonly (LogLine & { readonly attempt: number })[]
}

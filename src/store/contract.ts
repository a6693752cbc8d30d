import type {
  Attempt,
  ClaimedJob,
  Enqueued,
  Fence,
  Instant,
  Job,
  LogLine,
  NewJob,
  Progress,
  Settled,
  Settlement,
  WorkerId,
} from '../job/job.ts'
import type { KnownTask } from '../job/known.ts'
import type { DeclaredLimits, QueueLimits } from '../job/intake.ts'
import type { State } from '../job/state.ts'
import type { Changes, Closing, Since } from './changes.ts'
import type { Schedules } from './schedules.ts'
import type { Payloads } from './payloads.ts'
import type { BulkRoom, Failures } from './dead.ts'
import type { Names } from './names.ts'
import type { Retaining } from './retention.ts'
import type { Edit, Edited } from './edit.ts'

/**
 * The system of record: what every engine does, with one meaning.
 *
 * Arrays in, arrays out: `answers[i]` belongs to `items[i]`, and one bad item never fails the others.
 * Every mutation may be repeated with the same arguments after a lost reply. Time is the store's own.
 * No call costs more than O(batch x log n + answer), whatever is waiting.
 */
export interface Store {
  /** For people: `sqlite`, `memory`. Nothing may branch on it; ask `can`. */
  readonly name: string
  readonly can: Capabilities
  /** So many calls of `enqueue` under way at a time are faster than one after the other; 1 where it is absent. */
  readonly abreast?: number

  /**
   * Opens, migrates where it may, and reads back what the engine really promises. With the caller's open transaction
   * `tx`, a store that would have to wait for just that may refuse at once with LW1014.
   */
  open(options?: { readonly tx?: unknown }): Promise<DurabilityReport>
  /** Ends everything that `open` began. Idempotent. */
  close(): Promise<void>
  /** Brings the schema up to date under a lock; with `dryRun` only says what it would do. */
  migrate(options?: { readonly dryRun?: boolean }): Promise<Migrated>

  /** After it resolves, the jobs survive what the durability report says. */
  enqueue(jobs: readonly NewJob[], options?: EnqueueHow): Promise<readonly Enqueued[]>
  /**
   * At most `limit` jobs, none before its time, none of a paused queue; jobs whose delivery was not received come again first.
   * Suspects come only to who asks `alone`.
   */
  claim(ask: Ask): Promise<Claimed>
  /** Writes endings already decided. Whoever no longer holds a job changes nothing. */
  settle(worker: WorkerId, settlements: readonly Settlement[], how?: Joining): Promise<readonly Settled[]>
  /**
   * `settle`, then `claim`, in one call. What an ending gives back may be what is claimed; jobs that are simply done give
   * nothing back, so a store may write many of them beside the claim.
   * A settlement without an answer is to be sent again: the part of the store that has its job did not answer, or somebody holds
   * the job's unique key at this moment.
   */
  exchange(
    settlements: readonly Settlement[],
    ask: Ask,
  ): Promise<{ readonly settled: readonly (Settled | undefined)[]; readonly claimed: Claimed }>
  /** Progress and logs of running attempts, kept with the attempt, and checkpoints, kept with the job; fenced like a settle. */
  record(worker: WorkerId, notes: readonly Note[], how?: Joining): Promise<readonly Settled[]>

  /** Says that a worker lives; `about` registers it the first time. A worker that is not registered, or lapsed, hears `lost`. */
  beat(beat: Beat): Promise<Beaten>
  /** Beats by itself, off the caller's event loop where `can.beatApart`, as long as the pulse's tick moves. */
  keepBeating(beat: Beat, pulse: Pulse, hear: Hear): Promise<() => Promise<void>>
  /**
   * Takes all jobs of these workers away at once, as a loss, and forgets the workers; a supervisor that saw them die calls it.
   * With `ending` they did not crash: a person or a shutdown ended them, so no job is to blame.
   */
  lapse(workers: readonly WorkerId[], cause: string, how?: { readonly ending?: boolean }): Promise<number>
  /** Hands a worker's registration back at the end of its life; jobs that it still holds are released. */
  leave(worker: WorkerId): Promise<void>
  /** A bounded piece of upkeep: promote, lapse, expire, retain. Anyone may call it, any number at once. */
  tend(budget: number): Promise<Tended>

  /** Pauses, resumes and limits queues. Running jobs go on; a paused queue still takes jobs. */
  setQueues(settings: readonly QueueSetting[]): Promise<void>
  /** Cancel, retry, promote or remove jobs by id, on a person's request. A retry after completion forgets the checkpoint. */
  act(order: Order, how?: Joining): Promise<readonly Acted[]>
  /** Gives jobs that do not run another payload. */
  edit(edits: readonly Edit[]): Promise<readonly Edited[]>

  /** Schedules, their cursors and their slots. */
  readonly schedules: Schedules

  get(
    ids: readonly string[],
    options?: { readonly attempts?: boolean; readonly logs?: boolean; readonly revisions?: boolean },
  ): Promise<readonly (Job | undefined)[]>
  /** Newest first, by keyset cursor; without payload-sized work beyond the page. */
  find(where: Where, page: { readonly limit: number; readonly cursor?: string }): Promise<Found>
  /** One row a queue, from counters: O(queues). */
  counts(queues?: readonly string[]): Promise<readonly Count[]>
  workers(): Promise<readonly WorkerView[]>
  /**
   * What happened since a place, for people who watch: each job that came, each attempt that ended and each thing a person
   * did, once. Without `after` nothing yet, only the place of this moment. A removed job takes what it had to tell with it.
   */
  changes(since: Since): Promise<Changes>

  /** Stored payloads, for walks over all of them. */
  readonly payloads: Payloads
  /** Dead letters in groups of those that look alike. */
  readonly failures: Failures
  /** Operations on many dead letters: durable, at a rate, stopped and resumed. */
  readonly bulk: BulkRoom
  /** What is kept of finished jobs, for all processes. */
  readonly retention: Retaining
  /** What lets the store be a partition, one of several that keep their ids apart: see `legwork/partitioned`. */
  readonly names?: Names

  /** Wakes whoever listens, in every process. A hint: it may be lost, or come for nothing. */
  ring(): void
  listen(hear: () => void): () => void
}

/** Whose transaction a change is part of. */
export interface Joining {
  /** The caller's open transaction, whose fate the change shares; refused with LW1014 where it will not do. */
  readonly tx?: unknown
}

export interface EnqueueHow extends Joining {
  /** When one of the jobs is refused, none is written, and the others are refused because of their batch. */
  readonly allOrNone?: boolean
}

export interface Capabilities {
  /** `enqueue`, `act`, `record` and `settle` can join the caller's own transaction. */
  readonly tx: boolean
  /** Several processes can share one store. */
  readonly shared: boolean
  /** `keepBeating` runs off the event loop of the handlers. */
  readonly beatApart: boolean
  /** Jobs survive the end of the process. */
  readonly durable: boolean
  /**
   * Its queues lie in partitions, and no write spans two. Keys are unique within one; batches that are written as a whole, and
   * redrives to other queues, stay within one; what is kept of all finished jobs at most is split among them.
   */
  readonly apart?: boolean
}

/** What the engine's settings, as read back, let a job survive. */
export interface DurabilityReport {
  /** Survives a power cut · the end of any process of yours, though perhaps not of the server's · nothing. */
  readonly level: 'power-safe' | 'process-safe' | 'volatile'
  readonly findings: readonly Finding[]
}
export interface Finding {
  readonly about: string
  readonly value: string
  readonly verdict: 'good' | 'warn' | 'bad'
  readonly note?: string
}

export interface Migrated {
  readonly from: number
  readonly to: number
  readonly steps: readonly { readonly version: number; readonly name: string; readonly sql: string }[]
}

/**
 * What a worker asks for. `call` rises by one with each claim that is not a repeat; `received` is the last call whose answer
 * arrived, or 0 to be told of all that it holds.
 */
export interface Ask {
  readonly worker: WorkerId
  readonly call: number
  readonly received: number
  /** 0 asks only for cancellations and the next due time, which may have passed: it makes nothing ready. */
  readonly limit: number
  readonly queues: readonly { readonly name: string; readonly limit: number }[]
  /** What the worker can run; jobs of other tasks, and payloads newer than it knows, stay in line. Absent: anything. */
  readonly tasks?: readonly KnownTask[]
  /** Asks for one suspect, and for nothing but suspects. Only a worker in which nothing runs may ask so. */
  readonly alone?: true
}

export interface Claimed {
  /** `lost`: the worker is not registered, or its lease ran out. It holds nothing any more. */
  readonly lease: 'held' | 'lost'
  readonly jobs: readonly ClaimedJob[]
  readonly cancels: readonly CancelRequest[]
  readonly now: Instant
  /** When something may become claimable by time alone: a due job, or a lease that runs out. */
  readonly nextDueAt?: Instant
  /**
   * Suspects wait in a queue that was asked for, and no other worker has lately begun to run one. A hint: who hears it should
   * let its jobs end, and then ask `alone`.
   */
  readonly suspects?: true
  readonly lost?: readonly Lost[]
}
/** A job that the worker no longer holds although its lease holds: that of one partition was lost. */
export interface Lost {
  readonly id: string
  readonly fence: Fence
}
export interface CancelRequest {
  readonly id: string
  readonly fence: Fence
  readonly reason: string
}

export interface Note {
  readonly id: string
  readonly fence: Fence
  readonly progress?: Omit<Progress, 'at'>
  readonly logs?: readonly (Omit<LogLine, 'at'> & { readonly agoMs: number })[]
  /** JSON text, kept with the job for its next attempts; replaces the one before. */
  readonly checkpoint?: string
  /** Its handler begins now: see `tellsBegin`. */
  readonly begun?: true
}

export interface Beat {
  readonly worker: WorkerId
  /** The lease ends this long after the store received the beat. */
  readonly ttlMs: number
  readonly about?: WorkerAbout
  /** It was told to stop, and stays so: when it is lost from now on, that is no crash. */
  readonly ending?: true
}
export interface Beaten {
  readonly lease: 'held' | 'lost'
  readonly now: Instant
  readonly cancels: readonly CancelRequest[]
  readonly lost?: readonly Lost[]
}
/**
 * What a beat heard, and the monotonic instant at which it was sent. A lease is confirmed from there on: the answer may have waited
 * while this process stood still.
 */
export type Hear = (answer: Beaten | Error, sentAt: number) => void
export interface WorkerAbout {
  readonly host: string
  readonly pid: number
  /** Legwork's version. */
  readonly version: string
  readonly queues: readonly string[]
  readonly tasks: readonly string[]
  /** The newest payload version that it knows, of each of its tasks that is not at 1. */
  readonly versions?: Readonly<Record<string, number>>
  readonly concurrency: number
  /**
   * It notes `begun` before the handler of each watched job: one that was lost before, or whose `onCrash` is not `retry`. When
   * it is lost, those without that note had not begun, and are innocent.
   */
  readonly tellsBegin?: true
  /** Schedules that its code declares, each with the digest of what it says. */
  readonly schedules?: Readonly<Record<string, string>>
  /** Queues whose limits its code declares, each with the digest of what it says. */
  readonly limits?: Readonly<Record<string, string>>
}
export interface WorkerView extends WorkerAbout {
  readonly id: WorkerId
  readonly startedAt: Instant
  readonly beatAt: Instant
  /** Until when its lease holds without another beat; in the past: lapsed. */
  readonly leaseEndsAt: Instant
  /** It was told to stop. */
  readonly ending?: true
  readonly running: number
}

/** Moves while the event loop turns: monotonic milliseconds of its last turn, as one float64. */
export interface Pulse {
  readonly tick: SharedArrayBuffer
  readonly everyMs: number
  readonly maxStallMs: number
}

export interface Tended {
  readonly promoted: number
  readonly lapsed: number
  readonly expired: number
  readonly removed: number
  /** Bulk operations that are open and that nobody drives now: whoever tends may. Absent when there are none. */
  readonly undriven?: readonly string[]
  /** True when the budget ran out before the work did. */
  readonly more: boolean
}

export interface QueueSetting {
  readonly name: string
  /** `null` resumes it; left out, it stays as it is. */
  readonly paused?: { readonly reason: string; readonly by: string } | null
  /** What it takes from producers; `null` lifts the limits; left out, they stay as they are. */
  readonly limits?: (QueueLimits & { readonly by: string }) | null
  /**
   * These limits are what code declares: the whole setting holds only where the last declaration is `instead` (absent:
   * there was none), so that of two releases which decide at once one decides anew. `null` forgets the declaration.
   */
  readonly declared?: (DeclaredLimits & { readonly instead?: string }) | null
}

export interface Order {
  readonly verb: 'cancel' | 'retry' | 'promote' | 'remove'
  readonly ids: readonly string[]
  readonly by: string
  readonly reason?: string
}
/** `asked`: a running job was told to stop. `refused`: its state does not allow it. */
export interface Acted {
  readonly outcome: 'done' | 'asked' | 'refused' | 'gone'
  readonly state?: State
  /** Why a retry was refused: the job that holds its unique key now. */
  readonly twin?: string
}

export interface Where {
  readonly states?: readonly State[]
  readonly queue?: string
  readonly task?: string
  readonly tag?: string
}
export interface Found {
  readonly jobs: readonly Job[]
  /** Absent on the last page. */
  readonly cursor?: string
}

export interface Count {
  readonly queue: string
  readonly states: Readonly<Record<State, number>>
  readonly paused?: { readonly reason: string; readonly by: string; readonly at: Instant }
  readonly limits?: QueueLimits
  /** What code declared of them last; a person may have set others since. */
  readonly declared?: DeclaredLimits
  /** When the ready job that waits longest became available. */
  readonly oldestReadyAt?: Instant
}

export type { PayloadChange, Payloads, Replaced } from './payloads.ts'
export type { Attempt, Job, KnownTask }
export type { Closing, DeclaredLimits, QueueLimits }

import { AsyncResource } from 'node:async_hooks'
import { Cancelled, LeaseLost } from '../define/verdicts.ts'
import type { Clock } from '../job/clock.ts'
import type { ClaimedJob, Settlement } from '../job/job.ts'
import type { Logger } from '../job/logger.ts'
import { type Outcome, settle } from '../job/settle.ts'
import type { Wrapping } from '../job/wrapping.ts'
import type { CancelRequest } from '../store/index.ts'
import type { Keeper } from './checkpoint.ts'
import type { Committer } from './commit.ts'
import { Halt } from './halt.ts'
import type { Handled } from './handler.ts'
import type { Notebook } from './notes.ts'
import { nextJob } from './next-job.ts'
import { freeSlots, measure, type Pool } from './pool.ts'
import type { Run } from './current-run.ts'
import { run } from './run.ts'
import { watchAhead } from './watch-ahead.ts'

export interface SlotsKit {
  readonly clock: Clock
  readonly log: Logger
  random(): number
  readonly handled: ReadonlyMap<string, Handled>
  readonly pools: readonly Pool[]
  readonly notes: Notebook
  readonly keeper: Keeper
  readonly committer: Committer
  readonly wrapping: Wrapping
  readonly abortGraceMs: number
  settle(settlement: Settlement): void
  wake(): void
}

/** Runs claimed jobs, each in a slot of its pool, and hands on how they ended. */
export class Slots {
  readonly runs = new Map<string, Run>()
  readonly #kit: SlotsKit
  #idleCalls: (() => void)[] = []
  #filling: Pool | undefined
  readonly #watchAhead: (pool: Pool) => void
  /** Where the worker was started: a handler must not see the context of the request that enqueued some job. */
  readonly #outside = new AsyncResource('legwork')

  constructor(kit: SlotsKit) {
    this.#kit = kit
    this.#watchAhead = watchAhead(kit.clock, (jobs) => this.release(jobs, 'its worker has no free slot'))
  }

  take(pool: Pool, jobs: readonly ClaimedJob[]): void {
    pool.buffer.push(...jobs)
  }

  /** Starts what was taken, as far as there are free slots. */
  start(): void {
    for (const pool of this.#kit.pools) this.#fill(pool)
  }

  holds({ id, fence }: Pick<ClaimedJob, 'id' | 'fence'>): boolean {
    const isIt = (job: ClaimedJob) => job.id === id && job.fence === fence
    return this.runs.get(id)?.job.fence === fence || this.#kit.pools.some(({ buffer }) => buffer.some(isIt))
  }

  onIdle(then: () => void): void {
    this.#idleCalls.push(then)
  }

  /** Releases what was claimed and has not started. */
  giveBack(): void {
    for (const { buffer } of this.#kit.pools) this.release(buffer.splice(0))
  }

  release(jobs: readonly ClaimedJob[], reason = 'its worker is stopping'): void {
    for (const job of jobs) this.#end(job, { kind: 'released', reason })
  }

  /** Forgets what was claimed and has not started, and what was noted: none of it is ours any more. */
  drop(): void {
    for (const pool of this.#kit.pools) pool.buffer.length = 0
    this.#kit.notes.take()
  }

  cancel(cancels: readonly CancelRequest[]): void {
    for (const { id, fence, reason } of cancels) {
      const one = this.runs.get(id)
      if (one?.job.fence === fence) one.abort.abort(new Cancelled(id, reason))
      for (const { buffer } of this.#kit.pools) {
        const at = buffer.findIndex((job) => job.id === id && job.fence === fence)
        for (const job of at < 0 ? [] : buffer.splice(at, 1)) this.#end(job, { kind: 'cancelled', reason })
      }
    }
  }

  #fill(pool: Pool): void {
    // A job that ends at once fills its slot again from in here.
    if (this.#filling !== pool && pool.buffer.length > 0 && (freeSlots(pool) > 0 || pool.places > 0))
      this.#outside.runInAsyncScope(() => {
        this.#filling = pool
        const next = () => nextJob(pool, this.#kit.handled)
        for (let job = next(); job; job = next()) this.#start(job, pool)
        this.#filling = undefined
      })
    if (pool.buffer.length > 0) this.#watchAhead(pool)
  }

  #start(job: ClaimedJob, pool: Pool): void {
    const { clock, handled, abortGraceMs } = this.#kit
    const found = handled.get(job.task)
    if (!found) return this.#refuse(job)
    const one: Run = { job, abort: new Halt(), isLeaked: false, abortGraceMs }
    this.runs.set(job.id, one)
    const seat = found.batch?.seat(one, { ...this.#kit, pool, refill: () => this.#refill(pool) })
    if (!seat) pool.running += 1
    pool.started += 1
    const startedAt = clock.monotonic()
    if (!seat) one.onLateEnd = () => this.#unleak(pool)
    run(one, found, this.#kit, (outcome) => {
      if (seat) seat.leave()
      else {
        measure(pool, clock.monotonic() - startedAt, job.payload.length)
        pool.running -= 1
        if (one.isLeaked) this.#leak(one, pool)
      }
      this.#ended(one, outcome)
      this.#fill(pool)
      if (this.runs.size === 0) for (const tell of this.#idleCalls.splice(0)) tell()
    })
  }

  #ended(one: Run, outcome: Outcome): void {
    // A lost lease leaves nothing to settle, also where the run had been aborted for another reason before.
    if (this.runs.get(one.job.id) !== one) return
    this.runs.delete(one.job.id)
    if (!(one.abort.reason instanceof LeaseLost)) this.#end(one.job, outcome)
  }

  /** The handler goes on without its slot. Of a lost lease that is nobody's fault: nobody waited for it. */
  #leak({ job, abort }: Run, pool: Pool): void {
    pool.leaked += 1
    if (abort.reason instanceof LeaseLost) return
    const text = `job ${job.id}: its handler ignored its signal and still runs; ${freeSlots(pool)} of ${pool.concurrency} slots are free.`
    this.#kit.log.error({ job: job.id, task: job.task, leaked: pool.leaked }, text)
  }

  #unleak(pool: Pool): void {
    pool.leaked -= 1
    this.#refill(pool)
  }

  #refill(pool: Pool): void {
    this.#fill(pool)
    this.#kit.wake()
  }

  /** A job of a task that this process has no handler for goes back, for a worker that has one. */
  #refuse(job: ClaimedJob): void {
    const text = `LW1101 no handler for task ${job.task} here; job ${job.id} goes back to its queue for 30 s.`
    this.#kit.log.warn({ code: 'LW1101', job: job.id, task: job.task }, text)
    this.#end(job, { kind: 'released', delayMs: 30_000, reason: `no handler for task ${job.task}` })
  }

  #end(job: ClaimedJob, outcome: Outcome): void {
    const { handled, clock, random } = this.#kit
    const policy = handled.get(job.task)?.task.policy.retry ?? { attempts: job.maxAttempts, backoff: () => 0 }
    this.#kit.settle(settle(job, outcome, policy, { now: clock.now(), random }))
  }
}

import type { AnyTask } from '../define/task.ts'
import { type Clock, within } from '../job/clock.ts'
import { InvalidOption, StoreError, UnknownOutcome } from '../job/errors.ts'
import type { Accepted, Enqueued, NewJob } from '../job/job.ts'
import type { Wrapping } from '../job/wrapping.ts'
import type { Store } from '../store/index.ts'
import { accepted, allAccepted } from './accepted.ts'
import { buffer } from './buffer.ts'
import { coalesceInLanes, laneOfJobs, type Opened } from './lanes.ts'
import { inBatches, toNewJobs } from './many.ts'
import { toNewJob } from './new-job.ts'
import type { EnqueueOptions } from './options.ts'

export interface Producer {
  enqueue(task: AnyTask, input: unknown, options?: EnqueueOptions): Promise<Accepted>
  enqueueMany(
    task: AnyTask,
    inputs: readonly unknown[],
    options?: EnqueueOptions,
  ): Promise<readonly Accepted[]>
  /** The same, inside the caller's own transaction. */
  in(tx: unknown): Producer
}

export interface ProducerKit {
  /** The store, which may only now be opened. */
  open(): Promise<Store>
  readonly opened?: Opened
  readonly clock: Clock
  newId(): string
  readonly timeoutMs: number
  readonly wrapping: Wrapping
  /** How much to hold through an outage of the store, and how long; nothing without it. */
  readonly buffer?: { readonly max: number; readonly forMs: number } | undefined
}

export type Write = (jobs: readonly NewJob[], how?: { allOrNone?: boolean }) => Promise<readonly Enqueued[]>

/** Hands jobs to the store: validate, decide, write. */
export function producer(kit: ProducerKit): Producer {
  const { open, clock, newId, timeoutMs, wrapping } = kit
  const world = { newId, now: () => clock.now(), wrapping }
  // A store that does not answer leaves the outcome unknown; the caller may repeat with the same id.
  const once: Write = async (jobs, how) =>
    within(clock, timeoutMs, {
      call: (await open()).enqueue(jobs, how),
      late: () => unknownOutcome(timeoutMs, jobs),
    })
  const laneOf = laneOfJobs(kit.opened)
  const held = kit.buffer && buffer(once, { ...kit.buffer, clock, laneOf })
  const write = held ? held.write : once
  const one = coalesceInLanes(write, kit.opened)

  const bound = (add: (job: NewJob) => Promise<Enqueued>, addAll: Write): Omit<Producer, 'in'> => ({
    async enqueue(task, input, options = {}) {
      const job = toNewJob(task, input, options, world)
      return accepted(task, await add(job instanceof Promise ? await job : job))
    },
    async enqueueMany(task, inputs, options = {}) {
      const jobs = await toNewJobs(task, inputs, options, world)
      return inBatches(jobs, async (batch) => allAccepted(task, await addAll(batch, { allOrNone: true })))
    },
  })

  return {
    ...(held
      ? bound(
          (job) => held.admit([job], () => one(job)),
          (jobs, how) => held.admit(jobs, () => write(jobs, how)),
        )
      : bound(one, write)),
    in(tx) {
      // A store takes nothing for no transaction at all, and the job would outlive a rollback.
      if (tx === undefined || tx === null) noTransaction(tx)
      const writeIn: Write = async (jobs, how) => (await open()).enqueue(jobs, { ...how, tx })
      const inTx = bound(async (job) => (await writeIn([job]))[0] as Enqueued, writeIn)
      return {
        ...inTx,
        in: () => {
          throw new InvalidOption('in', 'a second transaction', 'one transaction')
        },
      }
    },
  }
}

/** @throws {StoreError} LW1014 */
export function noTransaction(tx: null | undefined): never {
  throw new StoreError('LW1014', `app.in(tx): got ${tx} where a transaction belongs.`)
}

const unknownOutcome = (ms: number, jobs: readonly NewJob[]) =>
  new UnknownOutcome(
    'LW1005',
    `the store did not answer within ${ms} ms, so it is unknown whether job ${jobs[0]?.id}${jobs.length > 1 ? ` and ${jobs.length - 1} more of its batch are` : ' is'} stored. Repeat the call with the same id; a stored job is found, not doubled.`,
    { ids: jobs.map(({ id }) => id) },
  )

import type { AnyTask } from '../define/task.ts'
import { type Clock, within } from '../job/clock.ts'
import { defaults } from '../job/defaults.ts'
import { InvalidOption, LegworkError, StoreError, UnknownOutcome } from '../job/errors.ts'
import type { Enqueued, NewJob } from '../job/job.ts'
import type { Wrapping } from '../job/wrapping.ts'
import type { Store } from '../store/index.ts'
import { coalesce } from './coalesce.ts'
import { inBatches, toNewJobs } from './many.ts'
import { type EnqueueOptions, toNewJob } from './new-job.ts'

export interface Producer {
  enqueue(task: AnyTask, input: unknown, options?: EnqueueOptions): Promise<Enqueued>
  enqueueMany(
    task: AnyTask,
    inputs: readonly unknown[],
    options?: EnqueueOptions,
  ): Promise<readonly Enqueued[]>
  /** The same, inside the caller's own transaction. */
  in(tx: unknown): Producer
}

export interface ProducerKit {
  /** The store, which may only now be opened. */
  open(): Promise<Store>
  readonly clock: Clock
  newId(): string
  readonly timeoutMs: number
  readonly wrapping: Wrapping
}

/** Hands jobs to the store: validate, decide, write. */
export function producer(kit: ProducerKit): Producer {
  const { open, clock, newId, timeoutMs, wrapping } = kit
  const world = { newId, now: () => clock.now(), wrapping }
  // A store that does not answer leaves the outcome unknown; the caller may repeat with the same id.
  const write = async (jobs: readonly NewJob[]) =>
    within(clock, timeoutMs, {
      call: (await open()).enqueue(jobs),
      late: () => unknownOutcome(timeoutMs, jobs),
    })
  const one = coalesce(write, { batchMax: defaults.batchMax })

  const bound = (add: (job: NewJob) => Promise<Enqueued>, addAll: typeof write): Omit<Producer, 'in'> => ({
    enqueue: async (task, input, options = {}) =>
      sameTask(task, await add(await toNewJob(task, input, options, world))),
    async enqueueMany(task, inputs, options = {}) {
      return inBatches(await toNewJobs(task, inputs, options, world), addAll)
    },
  })

  return {
    ...bound(one, write),
    in(tx) {
      // A store takes nothing for no transaction at all, and the job would outlive a rollback.
      if (tx === undefined || tx === null)
        throw new StoreError('LW1014', `enqueue in a transaction: got ${tx} where one belongs.`)
      const writeIn = async (jobs: readonly NewJob[]) => (await open()).enqueue(jobs, { tx })
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

const unknownOutcome = (ms: number, jobs: readonly NewJob[]) =>
  new UnknownOutcome(
    'LW1005',
    `the store did not answer within ${ms} ms, so it is unknown whether job ${jobs[0]?.id}${jobs.length > 1 ? ` and ${jobs.length - 1} more of its batch are` : ' is'} stored. Repeat the call with the same id; a stored job is found, not doubled.`,
    { ids: jobs.map(({ id }) => id) },
  )

function sameTask(task: AnyTask, answer: Enqueued): Enqueued {
  if (answer.task === task.name) return answer
  throw new LegworkError(
    'LW1207',
    `id ${answer.id} belongs to a job of task ${answer.task}, not ${task.name}. Put the task's name into your own ids.`,
    { id: answer.id, task: answer.task },
  )
}

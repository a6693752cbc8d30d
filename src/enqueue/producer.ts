import { type AnyTask, isTask } from '../define/task.ts'
import type { Clock } from '../job/clock.ts'
import { defaults, limits } from '../job/defaults.ts'
import { InvalidOption, LegworkError, StoreError, UnknownOutcome } from '../job/errors.ts'
import type { Enqueued, NewJob } from '../job/job.ts'
import type { Store } from '../store/index.ts'
import { coalesce } from './coalesce.ts'
import { type EnqueueOptions, notATask, toNewJob } from './new-job.ts'

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
  readonly store: Store
  readonly clock: Clock
  newId(): string
  readonly timeoutMs: number
}

/** Hands jobs to the store: validate, decide, write. */
export function producer(kit: ProducerKit): Producer {
  const { store, clock, newId } = kit
  const now = () => clock.now()
  const write = (jobs: readonly NewJob[]) => inTime(kit, store.enqueue(jobs))
  const one = coalesce(write, { batchMax: defaults.batchMax })

  const bound = (add: (job: NewJob) => Promise<Enqueued>, addAll: typeof write): Omit<Producer, 'in'> => ({
    enqueue: async (task, input, options = {}) =>
      sameTask(task, await add(await toNewJob(task, input, options, { newId, now }))),
    async enqueueMany(task, inputs, options = {}) {
      checkMany(task, inputs, options)
      const jobs: NewJob[] = []
      for (const [i, input] of inputs.entries())
        jobs.push(await at(i, toNewJob(task, input, options, { newId, now })))
      const answers: Enqueued[] = []
      for (let i = 0; i < jobs.length; i += defaults.batchMax)
        answers.push(...(await addAll(jobs.slice(i, i + defaults.batchMax))))
      return answers
    },
  })

  return {
    ...bound(one, write),
    in(tx) {
      // A store takes nothing for no transaction at all, and the job would outlive a rollback.
      if (tx === undefined || tx === null)
        throw new StoreError(
          'LW1014',
          `enqueue in a transaction: got ${tx} where an open transaction belongs.`,
        )
      const writeIn = (jobs: readonly NewJob[]) => store.enqueue(jobs, { tx })
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

/** A store that does not answer leaves the outcome unknown; the caller may repeat with the same id. */
async function inTime<T>({ clock, timeoutMs }: ProducerKit, call: Promise<T>): Promise<T> {
  let stop = () => {}
  const late = new Promise<never>((_, reject) => {
    stop = clock.after(timeoutMs, () =>
      reject(
        new UnknownOutcome(
          'LW1005',
          `the store did not answer within ${timeoutMs} ms, so it is unknown whether the job is stored. Repeat the call with the same id; a stored job is found, not doubled.`,
        ),
      ),
    )
  })
  // Whichever loses must not become an unhandled rejection.
  call.catch(() => {})
  try {
    return await Promise.race([call, late])
  } finally {
    stop()
  }
}

function sameTask(task: AnyTask, answer: Enqueued): Enqueued {
  if (answer.task === task.name) return answer
  throw new LegworkError(
    'LW1207',
    `id ${answer.id} belongs to a job of task ${answer.task}, not ${task.name}. Put the task's name into your own ids.`,
    { id: answer.id, task: answer.task },
  )
}

function checkMany(task: AnyTask, inputs: unknown, options: EnqueueOptions): void {
  if (!isTask(task)) throw notATask('enqueueMany', task)
  if (!Array.isArray(inputs)) throw new InvalidOption('enqueueMany inputs', inputs, 'an array')
  if (inputs.length > limits.enqueueMany)
    throw new InvalidOption(
      'enqueueMany inputs',
      inputs.length,
      `at most ${limits.enqueueMany} inputs a call`,
    )
  if (options?.id !== undefined)
    throw new InvalidOption('id', options.id, 'no id: the jobs of one enqueueMany need different ones')
}

/** Says which of many inputs was refused. */
async function at<T>(index: number, made: Promise<T>): Promise<T> {
  try {
    return await made
  } catch (error) {
    if (error instanceof LegworkError) error.message = `${error.message} (input ${index})`
    throw error
  }
}

import { type AnyTask, isTask, notATask } from '../define/task.ts'
import { limits } from '../job/defaults.ts'
import {
  InvalidOption,
  LegworkError,
  NotUnique,
  QueueFull,
  StoreError,
  UnknownOutcome,
} from '../job/errors.ts'
import type { Accepted, NewJob } from '../job/job.ts'
import { checkInput } from './check-input.ts'
import { fitting } from './fitting.ts'
import { type decide, decider } from './new-job.ts'
import type { EnqueueOptions } from './options.ts'

/** The jobs of many inputs of one task; all are checked before any is written, and an error says which input it was. */
export async function toNewJobs(
  task: AnyTask,
  inputs: readonly unknown[],
  options: EnqueueOptions,
  world: Parameters<typeof decide>[3],
): Promise<NewJob[]> {
  check(task, inputs, options)
  // All are read before the first wait: whoever calls may use the same objects again.
  const { jobs, stopped } = decideAll(task, inputs, options, world)
  // The schema looks at the input that stopped it too: one that does not fit is the better reason.
  const looked = inputs.slice(0, jobs.length + (stopped ? 1 : 0))
  if (task.input)
    for (const [i, input] of looked.entries()) {
      const wait = checkInput(task, input)
      if (wait)
        await wait.catch((error: unknown) => {
          throw numbered(error, i)
        })
    }
  if (stopped) throw numbered(stopped.error, jobs.length)
  const stored = jobs.map((job) => world.wrapping.store(job, task.policy.hide))
  const isNow = (all: readonly (NewJob | Promise<NewJob>)[]): all is NewJob[] =>
    !all.some((one) => one instanceof Promise)
  return isNow(stored) ? stored : Promise.all(stored)
}

/** The jobs up to the first input that none can be made of. */
function decideAll(...[task, inputs, options, world]: Parameters<typeof toNewJobs>) {
  const jobs: NewJob[] = []
  try {
    const job = decider(task, options, world)
    for (const input of inputs) jobs.push(job(input))
  } catch (error) {
    return { jobs, stopped: { error } }
  }
  return { jobs }
}

function check(task: AnyTask, inputs: unknown, options: EnqueueOptions): void {
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

function numbered(error: unknown, index: number): unknown {
  if (error instanceof LegworkError) error.message = error.message.replace(/\.?$/, ` (inputs[${index}]).`)
  return error
}

/** Writes the jobs, a batch a commit; the error of a batch says which jobs were written by those before it. */
export async function inBatches(
  jobs: readonly NewJob[],
  add: (batch: readonly NewJob[]) => Promise<readonly Accepted[]>,
): Promise<readonly Accepted[]> {
  const answers: Accepted[] = []
  for (let past = 0; past < jobs.length; ) {
    const from = past
    past += fitting(jobs, from, jobs.length, ({ payload }) => payload)
    try {
      answers.push(...(await add(jobs.slice(from, past))))
    } catch (error) {
      throw partly(error, answers, jobs.length)
    }
  }
  return answers
}

const kinds = [UnknownOutcome, NotUnique, QueueFull]

/** An error of its own, for a store may give the same one to several calls. */
function partly(error: unknown, answers: readonly Accepted[], of: number): unknown {
  if (!(error instanceof LegworkError) || answers.length === 0) return error
  const Kind = kinds.find((kind) => error instanceof kind) ?? StoreError
  const text = `${error.message.slice(error.code.length + 1)} ${answers.length} of ${of} jobs were written before.`
  return new Kind(
    error.code,
    text,
    { ...error.details, written: answers.map(({ id }) => id) },
    { cause: error },
  )
}

import { type AnyTask, isTask, notATask } from '../define/task.ts'
import { defaults, limits } from '../job/defaults.ts'
import { InvalidOption, LegworkError, StoreError, UnknownOutcome } from '../job/errors.ts'
import type { Enqueued, NewJob } from '../job/job.ts'
import { checkInput, decide, type EnqueueOptions } from './new-job.ts'

/** The jobs of many inputs of one task; all are checked before any is written, and an error says which input it was. */
export async function toNewJobs(
  task: AnyTask,
  inputs: readonly unknown[],
  options: EnqueueOptions,
  world: Parameters<typeof decide>[3],
): Promise<NewJob[]> {
  check(task, inputs, options)
  // All are read before the first wait: whoever calls may use the same objects again.
  const jobs = Array.from(inputs, (input, i) => {
    try {
      return decide(task, input, options, world)
    } catch (error) {
      throw numbered(error, i)
    }
  })
  const { wrapping } = world
  const stored = () => Promise.all(jobs.map((job) => wrapping.store(job, task.policy.hide)))
  if (!task.input) return stored()
  for (const [i, input] of inputs.entries())
    await checkInput(task, input)?.catch((error: unknown) => {
      throw numbered(error, i)
    })
  return stored()
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
  add: (batch: readonly NewJob[]) => Promise<readonly Enqueued[]>,
): Promise<readonly Enqueued[]> {
  const answers: Enqueued[] = []
  for (let i = 0; i < jobs.length; i += defaults.batchMax) {
    try {
      answers.push(...(await add(jobs.slice(i, i + defaults.batchMax))))
    } catch (error) {
      throw partly(error, answers, jobs.length)
    }
  }
  return answers
}

/** An error of its own, for a store may give the same one to several calls. */
function partly(error: unknown, answers: readonly Enqueued[], of: number): unknown {
  if (!(error instanceof LegworkError) || answers.length === 0) return error
  const Kind = error instanceof UnknownOutcome ? UnknownOutcome : StoreError
  const text = `${error.message.slice(error.code.length + 1)} ${answers.length} of ${of} jobs were written before.`
  return new Kind(
    error.code,
    text,
    { ...error.details, written: answers.map(({ id }) => id) },
    { cause: error },
  )
}

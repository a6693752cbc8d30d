import { type AnyTask, isTask, notATask } from '../define/task.ts'
import { limits } from '../job/defaults.ts'
import { InvalidOption, LegworkError } from '../job/errors.ts'
import type { NewJob } from '../job/job.ts'
import { type EnqueueOptions, toNewJob } from './new-job.ts'

/** The jobs of many inputs of one task; all are checked before any is written, and an error says which input it was. */
export async function toNewJobs(
  task: AnyTask,
  inputs: readonly unknown[],
  options: EnqueueOptions,
  world: Parameters<typeof toNewJob>[3],
): Promise<NewJob[]> {
  check(task, inputs, options)
  return Promise.all(Array.from(inputs, (input, i) => at(i, toNewJob(task, input, options, world))))
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

async function at<T>(index: number, made: Promise<T>): Promise<T> {
  try {
    return await made
  } catch (error) {
    if (error instanceof LegworkError) error.message = `${error.message} (input ${index})`
    throw error
  }
}

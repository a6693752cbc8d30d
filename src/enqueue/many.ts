import { type AnyTask, isTask, notATask } from '../define/task.ts'
import { limits } from '../job/defaults.ts'
import { InvalidOption, LegworkError } from '../job/errors.ts'
import type { NewJob } from '../job/job.ts'
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
  if (!task.input) return jobs
  for (const [i, input] of inputs.entries())
    await checkInput(task, input)?.catch((error: unknown) => {
      throw numbered(error, i)
    })
  return jobs
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
  if (error instanceof LegworkError) error.message = `${error.message} (input ${index})`
  return error
}

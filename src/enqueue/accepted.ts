import type { AnyTask } from '../define/task.ts'
import { showMs } from '../job/duration.ts'
import { LegworkError, NotUnique, QueueFull, UnknownOutcome } from '../job/errors.ts'
import type { Accepted, Declined, Enqueued } from '../job/job.ts'

/** The job that the caller has now. @throws {NotUnique} LW1209, @throws {LegworkError} LW1207. */
export function accepted({ name }: AnyTask, answer: Enqueued): Accepted {
  if (answer.outcome === 'refused') throw refusalError(answer, name)
  if (answer.task === name) return answer
  throw new LegworkError(
    'LW1207',
    `id ${answer.id} belongs to a job of task ${answer.task}, not ${name}. Put the task's name into your own ids.`,
    { id: answer.id, task: answer.task },
  )
}

/** All of them, or the error of the first that was refused for a reason of its own; nothing was written then. */
export function allAccepted(task: AnyTask, answers: readonly Enqueued[]): readonly Accepted[] {
  const at = answers.findIndex((one) => one.outcome === 'refused' && one.refusal.because !== 'batch')
  const refused = answers[at]
  if (refused?.outcome !== 'refused') return answers.map((answer) => accepted(task, answer))
  // Room for the first alone would not do: the batch is written as a whole.
  const last = answers.findLast(
    (one) => one.outcome === 'refused' && one.refusal.because === refused.refusal.because,
  )
  const of = answers.length > 1 ? `, of ${answers.length} in a batch that was therefore not written` : ''
  throw refusalError(
    last?.outcome === 'refused' ? { ...refused, refusal: last.refusal } : refused,
    task.name,
    ` (inputs[${at}]${of})`,
  )
}

function refusalError({ id, refusal }: Declined, task: string, where = ''): LegworkError {
  switch (refusal.because) {
    case 'twin':
      return new NotUnique(
        'LW1209',
        `task ${task}: job ${refusal.twin} holds the unique key${where}. Nothing was written. Look at it: legwork jobs show ${refusal.twin}`,
        { twin: refusal.twin },
      )
    case 'queue-full': {
      const { queue, maxWaiting, retryAfterMs } = refusal
      const text = `task ${task}: queue ${queue} is full: ${maxWaiting} jobs may wait in it${where}. Nothing was written. Try again in ${showMs(retryAfterMs)}, or: legwork queues limit ${queue} --max-waiting N`
      return new QueueFull('LW1212', text, { queue, maxWaiting, retryAfterMs })
    }
    case 'enqueue-rate': {
      const { queue, max, everyMs, retryAfterMs } = refusal
      const text = `task ${task}: queue ${queue} takes ${max} new jobs every ${showMs(everyMs)}${where}. Nothing was written. Try again in ${showMs(retryAfterMs)}`
      return new QueueFull('LW1213', `${text}.`, { queue, max, everyMs, retryAfterMs })
    }
    case 'away':
      return new UnknownOutcome('LW1032', `task ${task}, job ${id}: ${refusal.message}${where}`, { id })
    case 'batch':
      return new LegworkError('LW1209', `job ${id} was not written, for another of its batch was refused.`, {
        id,
      })
  }
}

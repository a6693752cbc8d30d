import type { AnyTask } from '../define/task.ts'
import { LegworkError, NotUnique } from '../job/errors.ts'
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
  const of = answers.length > 1 ? `, of ${answers.length} in a batch that was therefore not written` : ''
  throw refusalError(refused, task.name, ` (inputs[${at}]${of})`)
}

function refusalError({ id, refusal }: Declined, task: string, where = ''): LegworkError {
  switch (refusal.because) {
    case 'twin':
      return new NotUnique(
        'LW1209',
        `task ${task}: job ${refusal.twin} holds the unique key${where}. Nothing was written. Look at it: legwork jobs show ${refusal.twin}`,
        { twin: refusal.twin },
      )
    case 'batch':
      return new LegworkError('LW1209', `job ${id} was not written, for another of its batch was refused.`, {
        id,
      })
  }
}

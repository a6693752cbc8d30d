import type { AnyTask } from '../define/task.ts'
import { validated } from '../define/validate.ts'

/** Undefined where there is nothing to wait for: the task has no schema, or it found nothing at once. */
export function checkInput(task: AnyTask, input: unknown): Promise<unknown> | undefined {
  if (!task.input) return undefined
  try {
    const how = { what: `the input of task ${task.name}`, code: 'LW1102' } as const
    const answer = validated(task.input, input, how)
    return answer instanceof Promise ? answer : undefined
  } catch (error) {
    return Promise.reject(error)
  }
}

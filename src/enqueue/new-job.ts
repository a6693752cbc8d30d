import { type AnyTask, isTask, notATask } from '../define/task.ts'
import type { NewJob } from '../job/job.ts'
import { encode } from '../job/payload.ts'
import { checkOwnId } from '../job/schedule.ts'
import type { Wrapping } from '../job/wrapping.ts'
import { checkInput } from './check-input.ts'
import { likeOf } from './like.ts'
import type { EnqueueOptions } from './options.ts'
import { uniqueFields } from './unique.ts'

/** What a job is made with besides what the caller says. */
interface World {
  newId(): string
  /** The producer's own time, to tell dates that are past. */
  now(): number
  readonly wrapping: Wrapping
}

/**
 * Turns a task and an input into the job that the store keeps; everything is checked here, before anything is written.
 * @throws {InvalidPayload | InvalidOption | UnknownThing}
 */
export function toNewJob(
  task: AnyTask,
  input: unknown,
  options: EnqueueOptions,
  world: World,
): NewJob | Promise<NewJob> {
  if (!isTask(task)) throw notATask('enqueue', task)
  const stored = (job: NewJob) => world.wrapping.store(job, task.policy.hide)
  // Both look at the input before the first wait: whoever calls may reuse the object for the next job.
  const checked = checkInput(task, input)
  if (!checked) return stored(decide(task, input, options, world))
  const made = new Promise<NewJob>((resolve) => resolve(decide(task, input, options, world)))
  made.catch(() => {})
  // An input that does not fit is the better reason, also where a unique key could not be made of it.
  return checked.then(async () => stored(await made))
}

/** What is stored is what the producer passed: the worker parses it again, and a transform must not be applied twice. */
export const decide = (task: AnyTask, input: unknown, options: EnqueueOptions, world: World): NewJob =>
  decider(task, options, world)(input)

/** The same for many inputs: what does not follow from the input is decided once. */
export function decider(task: AnyTask, options: EnqueueOptions, world: World): (input: unknown) => NewJob {
  const like = likeOf(task, options, world.now)
  const what = `the input of task ${task.name}`
  const ownId = options.id === undefined ? undefined : checkOwnId(options.id)
  return (input) => {
    const payload = encode(input, what, world.wrapping.payloadBytes)
    const unique = uniqueFields(task, { input, payload, options })
    const id = ownId ?? world.newId()
    return unique ? { ...like, id, payload, ...unique } : { ...like, id, payload }
  }
}

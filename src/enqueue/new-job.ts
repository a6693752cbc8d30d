import { type AnyTask, checkTags, isTask, notATask, toPriority } from '../define/task.ts'
import { toMs } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'
import type { NewJob } from '../job/job.ts'
import { checkKnown } from '../job/name.ts'
import { encode } from '../job/payload.ts'
import { checkOwnId } from '../job/schedule.ts'
import type { Wrapping } from '../job/wrapping.ts'
import { limits } from '../job/defaults.ts'
import { checkInput } from './check-input.ts'
import { type EnqueueOptions, enqueueOptions } from './options.ts'
import { start } from './start.ts'
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
export async function toNewJob(
  task: AnyTask,
  input: unknown,
  options: EnqueueOptions,
  world: World,
): Promise<NewJob> {
  if (!isTask(task)) throw notATask('enqueue', task)
  // Both look at the input before the first wait: whoever calls may reuse the object for the next job.
  const checked = checkInput(task, input)
  checked?.catch(() => {})
  let job: NewJob
  try {
    job = decide(task, input, options, world)
  } finally {
    // An input that does not fit is the better reason, also where a unique key could not be made of it.
    await checked
  }
  return world.wrapping.store(job, task.policy.hide)
}

/** What is stored is what the producer passed: the worker parses it again, and a transform must not be applied twice. */
export const decide = (task: AnyTask, input: unknown, options: EnqueueOptions, world: World): NewJob =>
  decider(task, options, world)(input)

/** The same for many inputs: what does not follow from the input is decided once. */
export function decider(task: AnyTask, options: EnqueueOptions, world: World): (input: unknown) => NewJob {
  const { name, policy } = task
  checkKnown(options, enqueueOptions, 'enqueue option')
  const ttlMs = options.ttl === undefined ? policy.ttlMs : toMs(options.ttl, 'ttl', 1)
  const deadlineMs =
    options.deadline === undefined ? policy.deadlineMs : toMs(options.deadline, 'deadline', 1)
  const what = `the input of task ${name}`
  const ownId = options.id === undefined ? undefined : checkOwnId(options.id)
  const like = {
    id: '',
    task: name,
    queue: policy.queue,
    ...(ownId !== undefined && { isOwnId: true as const }),
    payload: '',
    version: policy.version,
    priority: options.priority === undefined ? policy.priority : toPriority(options.priority, 'priority'),
    ...start(options, world.now()),
    ...(ttlMs !== undefined && { ttlMs }),
    ...(deadlineMs !== undefined && { deadlineMs }),
    maxAttempts: policy.retry.attempts,
    tags: toTags(policy.tags, options.tags),
    retain: policy.retain,
    ...(policy.onCrash !== 'retry' && { onCrash: policy.onCrash }),
  }
  return (input) => {
    const payload = encode(input, what, world.wrapping.payloadBytes)
    const unique = uniqueFields(task, { input, payload, options })
    const id = ownId ?? world.newId()
    return { ...like, id, payload, ...unique }
  }
}

function toTags(own: readonly string[], more: readonly string[] | undefined): readonly string[] {
  if (more === undefined && own.length <= limits.tags) return own
  const tags = [...new Set([...own, ...checkTags(more, 'tags')])]
  if (tags.length > limits.tags) throw new InvalidOption('tags', tags.length, `at most ${limits.tags} tags`)
  return tags
}

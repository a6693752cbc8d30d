import { type AnyTask, checkTags, isTask, notATask, type Priority, toPriority } from '../define/task.ts'
import { validate } from '../define/validate.ts'
import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'
import type { NewJob } from '../job/job.ts'
import { checkKnown } from '../job/name.ts'
import { encode } from '../job/payload.ts'
import { checkOwnId } from '../job/schedule.ts'
import type { Wrapping } from '../job/wrapping.ts'
import { limits } from '../job/defaults.ts'
import { start } from './start.ts'
import { type EnqueueUnique, type KeyDigest, uniqueFields } from './unique.ts'

export interface EnqueueOptions {
  /** An id of your own makes a repeat harmless: the second call finds the first one's job. Default: a new id. */
  readonly id?: string
  /** Not before this long from now. */
  readonly delay?: Duration
  /** Not before this instant; must not lie in the past. */
  readonly runAt?: Date
  /** Default: the task's. */
  readonly priority?: Priority
  /** Added to the task's, for searching. */
  readonly tags?: readonly string[]
  /** Default: the task's. */
  readonly ttl?: Duration
  /** Default: the task's. */
  readonly deadline?: Duration
  /** A key, a rule, or both instead of the task's; `true` for the task's, or the whole input; `false` for none. */
  readonly unique?: boolean | EnqueueUnique
}

/** The names of these options, to tell a typo. */
export const enqueueOptions = ['id', 'delay', 'runAt', 'priority', 'tags', 'ttl', 'deadline', 'unique']

/** What a job is made with besides what the caller says. */
interface World {
  newId(): string
  /** The producer's own time, to tell dates that are past. */
  now(): number
  readonly wrapping: Wrapping
  /** Makes unique keys unreadable. Default: SHA-256. */
  readonly digest?: KeyDigest
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

/** Undefined where the task has no schema. */
export const checkInput = (task: AnyTask, input: unknown): Promise<unknown> | undefined =>
  task.input && validate(task.input, input, { what: `the input of task ${task.name}`, code: 'LW1102' })

/** What is stored is what the producer passed: the worker parses it again, and a transform must not be applied twice. */
export function decide(task: AnyTask, input: unknown, options: EnqueueOptions, world: World): NewJob {
  const { name, policy } = task
  checkKnown(options, enqueueOptions, 'enqueue option')
  const ttlMs = options.ttl === undefined ? policy.ttlMs : toMs(options.ttl, 'ttl', 1)
  const deadlineMs =
    options.deadline === undefined ? policy.deadlineMs : toMs(options.deadline, 'deadline', 1)
  const payload = encode(input, `the input of task ${name}`, world.wrapping.payloadBytes)
  return {
    id: options.id === undefined ? world.newId() : checkOwnId(options.id),
    task: name,
    queue: policy.queue,
    payload,
    version: policy.version,
    priority: options.priority === undefined ? policy.priority : toPriority(options.priority, 'priority'),
    ...start(options, world.now()),
    ...uniqueFields(task, { input, payload, options, digest: world.digest }),
    ...(ttlMs !== undefined && { ttlMs }),
    ...(deadlineMs !== undefined && { deadlineMs }),
    maxAttempts: policy.retry.attempts,
    tags: toTags(policy.tags, options.tags),
    retain: policy.retain,
    ...(policy.onCrash !== 'retry' && { onCrash: policy.onCrash }),
  }
}

function toTags(own: readonly string[], more: readonly string[] | undefined): readonly string[] {
  if (more === undefined && own.length <= limits.tags) return own
  const tags = [...new Set([...own, ...checkTags(more, 'tags')])]
  if (tags.length > limits.tags) throw new InvalidOption('tags', tags.length, `at most ${limits.tags} tags`)
  return tags
}

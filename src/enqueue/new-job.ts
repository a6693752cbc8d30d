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
}

/** The names of these options, to tell a typo. */
export const enqueueOptions = ['id', 'delay', 'runAt', 'priority', 'tags', 'ttl', 'deadline']

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
  const job = decide(task, input, options, world)
  await checked
  return world.wrapping.store(job, task.policy.hide)
}

/** Undefined where the task has no schema. */
export const checkInput = (task: AnyTask, input: unknown): Promise<unknown> | undefined =>
  task.input && validate(task.input, input, { what: `the input of task ${task.name}`, code: 'LW1102' })

/** What is stored is what the producer passed: the worker parses it again, and a transform must not be applied twice. */
export function decide(
  { name, policy }: AnyTask,
  input: unknown,
  options: EnqueueOptions,
  world: World,
): NewJob {
  checkKnown(options, enqueueOptions, 'enqueue option')
  const ttlMs = options.ttl === undefined ? policy.ttlMs : toMs(options.ttl, 'ttl', 1)
  const deadlineMs =
    options.deadline === undefined ? policy.deadlineMs : toMs(options.deadline, 'deadline', 1)
  return {
    id: options.id === undefined ? world.newId() : checkOwnId(options.id),
    task: name,
    queue: policy.queue,
    payload: encode(input, `the input of task ${name}`, world.wrapping.payloadBytes),
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
}

/** A clock read a moment ago may be behind one that is asked now, so this much past counts as now. */
const pastToleranceMs = 1_000

function start({ delay, runAt }: EnqueueOptions, now: number): { delayMs?: number; runAt?: number } {
  if (delay !== undefined && runAt !== undefined)
    throw new InvalidOption('runAt', runAt, 'either delay or runAt, not both')
  if (delay !== undefined) return { delayMs: toMs(delay, 'delay') }
  if (runAt === undefined) return {}
  const at = runAt instanceof Date ? runAt.getTime() : Number.NaN
  if (Number.isNaN(at)) throw new InvalidOption('runAt', runAt, 'a valid Date', 'LW1202')
  if (at < now - pastToleranceMs)
    throw new InvalidOption(
      'runAt',
      runAt.toISOString(),
      `an instant from now (${new Date(now).toISOString()}) on; leave it out to run now`,
      'LW1202',
    )
  toMs(Math.max(0, at - now), 'runAt')
  return { runAt: at }
}

function toTags(own: readonly string[], more: readonly string[] | undefined): readonly string[] {
  const tags = [...new Set([...own, ...checkTags(more, 'tags')])]
  if (tags.length > limits.tags) throw new InvalidOption('tags', tags.length, `at most ${limits.tags} tags`)
  return tags
}

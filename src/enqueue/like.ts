import { type AnyTask, checkTags, toPriority } from '../define/task.ts'
import { limits } from '../job/defaults.ts'
import { toMs } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'
import type { NewJob } from '../job/job.ts'
import { checkKnown } from '../job/name.ts'
import { type EnqueueOptions, enqueueOptions } from './options.ts'
import { start } from './start.ts'

/** What all jobs of one call have in common. Copies have its form, so it has the fields that are each one's own, too. */
export type Like = Omit<NewJob, 'unique'>

/** Most calls say nothing but the task and the input. */
const plainLikes = new WeakMap<AnyTask, Like>()

/** @throws {InvalidOption | UnknownThing} */
export function likeOf(task: AnyTask, options: EnqueueOptions, now: () => number): Like {
  checkKnown(options, enqueueOptions, 'enqueue option')
  const isPlain = Object.keys(options).length === 0
  const known = isPlain ? plainLikes.get(task) : undefined
  if (known) return known
  const { name, policy } = task
  const ttlMs = options.ttl === undefined ? policy.ttlMs : toMs(options.ttl, 'ttl', 1)
  const deadlineMs =
    options.deadline === undefined ? policy.deadlineMs : toMs(options.deadline, 'deadline', 1)
  const like = {
    id: '',
    task: name,
    queue: policy.queue,
    ...(options.id !== undefined && { isOwnId: true as const }),
    payload: '',
    version: policy.version,
    priority: options.priority === undefined ? policy.priority : toPriority(options.priority, 'priority'),
    ...start(options, now()),
    ...(ttlMs !== undefined && { ttlMs }),
    ...(deadlineMs !== undefined && { deadlineMs }),
    maxAttempts: policy.retry.attempts,
    tags: toTags(policy.tags, options.tags),
    retain: policy.retain,
    ...(policy.onCrash !== 'retry' && { onCrash: policy.onCrash }),
  }
  if (isPlain) plainLikes.set(task, like)
  return like
}

function toTags(own: readonly string[], more: readonly string[] | undefined): readonly string[] {
  if (more === undefined && own.length <= limits.tags) return own
  const tags = [...new Set([...own, ...checkTags(more, 'tags')])]
  if (tags.length > limits.tags) throw new InvalidOption('tags', tags.length, `at most ${limits.tags} tags`)
  return tags
}

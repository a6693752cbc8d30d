import { type AnyTask, isTask, type Task } from '../define/task.ts'
import type { DeadFilter } from '../job/dead.ts'
import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'
import { checkKey, checkKnown, checkName } from '../job/name.ts'
import { unstorableAt } from '../job/text.ts'

/** Which dead letters are meant: those that fit every field given. */
export interface DeadLetters<In = unknown> {
  /** The task, or its name. */
  readonly task?: Task<string, In> | string
  readonly queue?: string
  /** The group, as `failures()` names it. */
  readonly fingerprint?: string
  /** Why they are dead: `exhausted`, `discarded`, `expired`, … */
  readonly reason?: string
  /** A text in the message of the last error, as it is written. */
  readonly error?: string
  readonly tag?: string
  /** Died since this instant, or this long ago. */
  readonly since?: Date | Duration
  /** Died before this instant, or before this long ago. */
  readonly until?: Date | Duration
  /** At most 1,000. */
  readonly ids?: readonly string[]
  /** Every dead letter there is. Needed where nothing else is said, so that nobody does that by mistake. */
  readonly all?: boolean
}

/** A filter for whatever task. */
export type AnyDeadLetters = Omit<DeadLetters, 'task'> & { readonly task?: AnyTask | string }

const known = ['task', 'queue', 'fingerprint', 'reason', 'error', 'tag', 'since', 'until', 'ids', 'all']

/** The filter as the store takes it. @throws {InvalidOption} LW1201 for a bad field, and for none at all. */
export function toFilter(filter: AnyDeadLetters, now: number): DeadFilter {
  checkKnown(filter, known, 'dead letter filter')
  const { task, queue, fingerprint, reason, error, tag, since, until, ids, all } = filter
  if (all !== undefined && typeof all !== 'boolean') throw new InvalidOption('all', all, 'true or false')
  const checked: DeadFilter = {
    ...(task !== undefined && { task: nameOf(task) }),
    ...(queue !== undefined && { queue: checkName(queue, 'queue') }),
    ...(fingerprint !== undefined && { fingerprint: checkKey(fingerprint, 'fingerprint') }),
    ...(reason !== undefined && { reason: checkKey(reason, 'reason') }),
    ...(error !== undefined && { error: checkText(error) }),
    ...(tag !== undefined && { tag: checkName(tag, 'tag') }),
    ...(since !== undefined && { since: toInstant(since, 'since', now) }),
    ...(until !== undefined && { until: toInstant(until, 'until', now) }),
    ...(ids !== undefined && { ids: checkIds(ids) }),
  }
  if (Object.keys(checked).length === 0 && all !== true)
    throw new InvalidOption(
      'filter',
      filter,
      `at least one of ${known.slice(0, -1).join(', ')}; or all: true for every dead letter there is`,
    )
  return checked
}

const nameOf = (task: AnyTask | string): string => (isTask(task) ? task.name : checkName(task, 'task'))

function checkText(text: unknown): string {
  if (typeof text === 'string' && text !== '' && text.length <= 1_000 && unstorableAt(text) < 0) return text
  throw new InvalidOption(
    'error',
    text,
    'a part of the error’s message, 1 to 1,000 characters without NUL and half pairs',
  )
}

function checkIds(ids: unknown): readonly string[] {
  if (!Array.isArray(ids) || ids.length > 1_000)
    throw new InvalidOption('ids', Array.isArray(ids) ? ids.length : ids, 'an array of at most 1,000 ids')
  return ids.map((id) => checkKey(id, 'ids'))
}

export function toInstant(at: Date | Duration, option: string, now: number): number {
  if (!(at instanceof Date)) return now - toMs(at, option)
  if (Number.isNaN(at.getTime())) throw new InvalidOption(option, at, 'a valid Date', 'LW1202')
  return at.getTime()
}

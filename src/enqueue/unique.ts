import type { AnyTask } from '../define/task.ts'
import { ruleOptions, toRule, type UniqueKey, type UniquePolicy, type UniqueRule } from '../define/unique.ts'
import { uniqueKey } from '../define/unique-key.ts'
import { InvalidOption } from '../job/errors.ts'
import type { NewJob } from '../job/job.ts'
import { checkKnown } from '../job/name.ts'

/** How one enqueue differs from its task: a key of its own, a rule of its own, or both. */
export type EnqueueUnique = { readonly key?: UniqueKey } & UniqueRule

interface Wanted {
  readonly input: unknown
  /** JSON text of the input. */
  readonly payload: string
  readonly options: {
    readonly unique?: boolean | EnqueueUnique
    readonly delay?: unknown
    readonly runAt?: unknown
  }
}

/**
 * What uniqueness adds to a new job: undefined where neither the task nor the caller asked for it.
 * @throws {InvalidOption} LW1201 for the rule, LW1210 for a key that is none.
 */
export function uniqueFields(task: AnyTask, wanted: Wanted): Pick<NewJob, 'unique' | 'delayMs'> | undefined {
  const { policy } = task
  const { options } = wanted
  const given = options.unique
  if (given === false || (given === undefined && policy.unique === undefined)) return undefined
  const { key, rule } = readGiven(given, policy.unique)
  const { by: _by, waitMs, ...held } = rule
  const time = options.delay ?? options.runAt
  if (waitMs !== undefined && time !== undefined)
    throw new InvalidOption(
      options.delay === undefined ? 'runAt' : 'delay',
      time,
      'none together with unique.debounce, which says when the job runs',
    )
  return {
    unique: { key: uniqueKey(task, { ...wanted, key }), ...held },
    ...(waitMs !== undefined && { delayMs: waitMs }),
  }
}

function readGiven(
  given: true | EnqueueUnique | undefined,
  own: UniquePolicy | undefined,
): { key: UniqueKey | undefined; rule: UniquePolicy } {
  if (given === undefined || given === true) return { key: undefined, rule: own ?? toRule({}, 'unique') }
  checkKnown(given, ['key', ...ruleOptions], 'unique option')
  const { key, ...rule } = given
  const isNew = Object.values(rule).some((value) => value !== undefined)
  return { key, rule: own && !isNew ? own : toRule(rule as UniqueRule, 'unique') }
}

import { hash } from 'node:crypto'
import type { AnyTask } from '../define/task.ts'
import { ruleOptions, toRule, type UniqueKey, type UniquePolicy, type UniqueRule } from '../define/unique.ts'
import { canonical } from '../job/canonical.ts'
import { limits } from '../job/defaults.ts'
import { clip, InvalidOption } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'
import type { NewJob } from '../job/job.ts'
import { checkKnown } from '../job/name.ts'
import { unstorableAt, utf8Bytes } from '../job/text.ts'

/** How one enqueue differs from its task: a key of its own, a rule of its own, or both. */
export type EnqueueUnique = { readonly key?: UniqueKey } & UniqueRule

/** What the store keeps of the text that makes a key: one-way, and the same for the same text. */
const sha256 = (text: string): string => hash('sha256', text, 'base64url')

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
 * What uniqueness adds to a new job: nothing where neither the task nor the caller asked for it.
 * @throws {InvalidOption} LW1201 for the rule, LW1210 for a key that is none.
 */
export function uniqueFields(task: AnyTask, wanted: Wanted): Pick<NewJob, 'unique' | 'delayMs'> {
  const { policy } = task
  const { options } = wanted
  const given = options.unique
  if (given === false || (given === undefined && policy.unique === undefined)) return {}
  const { key, rule } = readGiven(given, policy.unique)
  const { by: _by, waitMs, ...held } = rule
  const time = options.delay ?? options.runAt
  if (waitMs !== undefined && time !== undefined)
    throw new InvalidOption(
      options.delay === undefined ? 'runAt' : 'delay',
      time,
      'none together with unique.debounce, which says when the job runs',
    )
  const text = keyText(task, wanted, key)
  return {
    unique: { key: sha256(`${task.name}\n${text}`), ...held },
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

/** Apart by their first words, so that a key of the caller's own never meets a whole input. */
function keyText(task: AnyTask, { input, payload }: Wanted, key: UniqueKey | undefined): string {
  if (key !== undefined) return `by ${checkUniqueKey(key, 'unique.key')}`
  const by = task.policy.unique?.by
  if (!by) return `input ${canonical(JSON.parse(payload))}`
  const at = `task ${task.name}: unique.by`
  return `by ${checkUniqueKey(ask(by, input, at), at)}`
}

function ask(by: (input: unknown) => unknown, input: unknown, at: string): unknown {
  try {
    return by(input)
  } catch (error) {
    const { name, message } = toErrorInfo(error)
    const expected = 'a text, a number, or a list of them'
    const refused = new InvalidOption(at, `${name}: ${clip(message, 300)}`, expected, 'LW1210')
    refused.message = `LW1210 ${at} threw ${name}: ${clip(message, 300)}. Make it work for every input that the schema takes.`
    throw refused
  }
}

/** JSON text of a key. @throws {InvalidOption} LW1210 */
function checkUniqueKey(key: unknown, at: string): string {
  const parts: readonly unknown[] = Array.isArray(key) ? [...key] : [key]
  // A copy has no holes, which every() would pass over.
  const good = parts.length > 0 && parts.every(isPart)
  const text = good ? JSON.stringify(key) : ''
  if (good && utf8Bytes(text) <= limits.uniqueKeyBytes) return text
  throw new InvalidOption(
    at,
    key,
    `a text that is not empty, a finite number, or a list of them, of at most ${limits.uniqueKeyBytes} bytes as JSON`,
    'LW1210',
  )
}

function isPart(part: unknown): boolean {
  if (typeof part === 'number') return Number.isFinite(part)
  return typeof part === 'string' && part !== '' && unstorableAt(part) < 0
}

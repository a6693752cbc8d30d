import { hash } from 'node:crypto'
import { canonical } from '../job/canonical.ts'
import { limits } from '../job/defaults.ts'
import { clip, InvalidOption } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'
import { unstorableAt, utf8Bytes } from '../job/text.ts'
import type { AnyTask } from './task.ts'
import type { UniqueKey } from './unique.ts'

/** What the store keeps of the text that makes a key: one-way, and the same for the same text. */
const sha256 = (text: string): string => hash('sha256', text, 'base64url')

interface Keyed {
  readonly input: unknown
  /** JSON text of the input. */
  readonly payload: string
  /** The caller's own, instead of what the task makes of the input. */
  readonly key?: UniqueKey | undefined
}

/** The unique key of a job of this task. @throws {InvalidOption} LW1210 for a key that is none. */
export const uniqueKey = (task: AnyTask, keyed: Keyed): string =>
  sha256(`${task.name}\n${keyText(task, keyed)}`)

/** Apart by their first words, so that a key of the caller's own never meets a whole input. */
function keyText(task: AnyTask, { input, payload, key }: Keyed): string {
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

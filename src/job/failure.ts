import { limits } from './defaults.ts'
import type { ErrorInfo } from './job.ts'
import { storable } from './text.ts'

/**
 * Makes any thrown value storable: an Error, a string, undefined, a cyclic object, an Error with NUL in its message,
 * 50 MB of stack, getters that throw. Never throws itself, for a settle must always be recordable.
 */
export function toErrorInfo(thrown: unknown): ErrorInfo {
  const name = storable(read(thrown, 'name') ?? nameOf(thrown), 256)
  const message = storable(read(thrown, 'message') ?? describe(thrown), limits.errorMessageBytes)
  const stack = stackOf(thrown)
  const code = read(thrown, 'code')
  return {
    name,
    message,
    ...(stack !== undefined && { stack: storable(stack, limits.errorStackBytes) }),
    ...(code !== undefined && { code: storable(code, 128) }),
    fingerprint: fingerprint(name, message, stack),
  }
}

/**
 * Equal for errors that a person would call the same: the name, the message with its numbers, ids and quoted parts
 * taken out, and the first line of the stack that is not the message.
 */
export function fingerprint(name: string, message: string, stack?: string): string {
  const plain = message
    .slice(0, 500)
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '?')
    .replace(/\b(?=[\w-]*\d)[\w-]{2,}\b|\d+/g, '?')
  const frame =
    stack
      ?.slice(0, 20_000)
      // No line breaks before the word, or 20,000 of them would be looked at 20,000 times.
      .match(/^[ \t]+at .*$/m)?.[0]
      .trim()
      .replace(/:\d+:\d+/g, '')
      .replace(/\(?(file:\/\/)?\/.*\//, '') ?? ''
  return hash(`${name}|${plain}|${frame}`)
}

function stackOf(thrown: unknown): string | undefined {
  const own = read(thrown, 'stack')
  const seen = new Set<unknown>([thrown])
  let cause = field(thrown, 'cause')
  let text = own
  while (text !== undefined && cause !== undefined && cause !== null && !seen.has(cause) && seen.size < 5) {
    seen.add(cause)
    text = `${clipped(text)}\ncaused by: ${read(cause, 'stack') ?? read(cause, 'message') ?? describe(cause)}`
    cause = field(cause, 'cause')
  }
  return text === undefined ? undefined : text + partsOf(thrown)
}

/** What an AggregateError is made of. */
function partsOf(thrown: unknown): string {
  const errors = field(thrown, 'errors')
  try {
    const parts = Array.isArray(errors) ? (errors.slice(0, 5) as unknown[]) : []
    return parts.map((part) => `\ncaused by: ${clipped(read(part, 'stack') ?? describe(part))}`).join('')
  } catch {
    return ''
  }
}

const clipped = (text: string): string => text.slice(0, limits.errorStackBytes)

/** A field of any value, or undefined: a getter or a proxy may throw. */
function field(value: unknown, key: string): unknown {
  try {
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
  } catch {
    return undefined
  }
}

function read(value: unknown, key: string): string | undefined {
  const found = field(value, key)
  return typeof found === 'string' ? found : typeof found === 'number' ? String(found) : undefined
}

function nameOf(thrown: unknown): string {
  return isError(thrown) ? 'Error' : `Thrown ${thrown === null ? 'null' : typeof thrown}`
}

/** A proxy may throw when its prototype is asked for. */
function isError(thrown: unknown): boolean {
  try {
    return thrown instanceof Error
  } catch {
    return false
  }
}

function describe(thrown: unknown): string {
  try {
    if (typeof thrown === 'string') return thrown
    return typeof thrown === 'object' && thrown !== null ? jsonOf(thrown) : String(thrown)
  } catch {
    return `an unreadable ${typeof thrown}`
  }
}

/** JSON text of a thrown object, given up when it has more parts than anybody reads. */
function jsonOf(thrown: object): string {
  let parts = 0
  const counted = (_key: string, value: unknown) => {
    if (++parts > 10_000) throw new RangeError('too many parts')
    return value
  }
  return JSON.stringify(thrown, counted) ?? String(thrown)
}

function hash(text: string): string {
  let a = 0x811c9dc5
  let b = 0x1b873593
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    a = Math.imul(a ^ c, 0x01000193) >>> 0
    b = Math.imul(b ^ c, 0x85ebca6b) >>> 0
  }
  return a.toString(16).padStart(8, '0') + b.toString(16).padStart(8, '0')
}

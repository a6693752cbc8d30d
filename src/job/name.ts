import { limits } from './defaults.ts'
import { InvalidOption, nearest } from './errors.ts'
import { storable, unstorableAt, utf8Bytes } from './text.ts'

/**
 * A name of a task, queue or tag: letters, digits and `. _ - / :`, at most 120 characters.
 * @throws {InvalidOption} LW1201
 */
export function checkName(name: unknown, option: string): string {
  if (typeof name === 'string' && name.length <= limits.nameChars && /^[A-Za-z0-9][\w.\-/:]*$/.test(name))
    return name
  throw new InvalidOption(
    option,
    name,
    `a name of letters, digits and . _ - / : that starts with a letter or digit, at most ${limits.nameChars} characters`,
  )
}

/**
 * A key of the caller's own, such as a job id: any text without control characters, at most 255 bytes of UTF-8.
 * @throws {InvalidOption} LW1201
 */
export function checkKey(key: unknown, option: string): string {
  const good =
    typeof key === 'string' &&
    key !== '' &&
    unstorableAt(key) < 0 &&
    !/[\u0000-\u001f\u007f-\u009f]/.test(key)
  if (good && utf8Bytes(key) <= limits.keyBytes) return key
  throw new InvalidOption(option, key, `a text of 1 to ${limits.keyBytes} bytes without control characters`)
}

/** A whole number within bounds. @throws {InvalidOption} LW1201 */
export function checkCount(value: unknown, option: string, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw new InvalidOption(option, value, `a whole number from ${min} to ${max}`)
}

/** Refuses an options object with a key that nobody reads: a typo would otherwise be silence. @throws {InvalidOption} LW1201 */
export function checkKnown(options: unknown, known: readonly string[], what: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new InvalidOption(`${what}s`, options, `an object with any of ${known.join(', ')}`)
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    const near = nearest(key, known)
    throw new InvalidOption(what, key, `one of ${known.join(', ')}${near ? ` (did you mean ${near}?)` : ''}`)
  }
}

/** What a person says about an order, such as a cancel: one text of at most 1,000 bytes. @throws {InvalidOption} LW1201 */
export function checkReason(reason: unknown, option: string): string {
  if (typeof reason === 'string') return storable(reason, 1_000)
  throw new InvalidOption(option, reason, 'a text that says why')
}

import { limits } from './defaults.ts'
import { clip, InvalidPayload, show } from './errors.ts'
import { toErrorInfo } from './failure.ts'
import { unstorableAt, utf8Bytes } from './text.ts'

/** Any value that JSON holds without loss. Object fields that are `undefined` are left out. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }

/**
 * JSON text of a value, refusing what JSON would change or lose, so that the handler sees what the producer meant.
 * @throws {InvalidPayload} LW1103 (where), LW1104 (size), LW1105 (NUL or half a surrogate pair), LW1106 (`__proto__`).
 */
export function encode(value: unknown, what: string, maxBytes: number = limits.payloadBytes): string {
  if (value === undefined) return 'null'
  const walk: Walk = { what, maxBytes, parents: [], bytes: 0, at: '' }
  const text = readable(walk, () => {
    check(value, '', walk)
    return JSON.stringify(value)
  })
  // No character takes more than three bytes.
  if (text.length * 3 <= maxBytes) return text
  const bytes = utf8Bytes(text)
  return bytes > maxBytes ? tooLarge(what, `${bytes}`, maxBytes) : text
}

/** The value of a JSON text. Own `__proto__` keys were refused when it was written, and JSON.parse does not revive any. */
export const decode = (text: string): unknown => JSON.parse(text)

/** One walk over a value: where in it, and how many bytes of JSON it has seen at least. */
interface Walk {
  readonly what: string
  readonly maxBytes: number
  readonly parents: object[]
  bytes: number
  at: string
}

/** A getter or a proxy may throw whatever it likes; the answer names the place. */
function readable<T>(walk: Walk, look: () => T): T {
  try {
    return look()
  } catch (error) {
    if (error instanceof InvalidPayload) throw error
    const { name, message } = toErrorInfo(error)
    const got = `a value that cannot be read (${name}: ${clip(message, 200)})`
    return refuse(walk, walk.at, { got, expected: 'plain data' })
  }
}

function check(value: unknown, path: string, walk: Walk): void {
  walk.at = path
  // Counted on the way, for a few shared references can stand for more text than any memory holds.
  walk.bytes += typeof value === 'string' ? value.length + 2 : 1
  if (walk.bytes > walk.maxBytes) return tooLarge(walk.what, `more than ${walk.maxBytes}`, walk.maxBytes)
  switch (typeof value) {
    case 'string':
      return checkText(value, path, walk)
    case 'boolean':
      return
    case 'number':
      if (Number.isFinite(value)) return
      return refuse(walk, path, { got: String(value), expected: 'a finite number' })
    case 'object':
      return value === null ? undefined : checkObject(value, path, walk)
    default:
      return refuse(walk, path, {
        got: show(value),
        expected: 'a string, number, boolean, null, array or plain object',
      })
  }
}

function checkObject(value: object, path: string, walk: Walk): void {
  const { parents } = walk
  if (parents.includes(value))
    return refuse(walk, path, { got: 'a reference back to its own parent', expected: 'no cycle' })
  if (parents.length >= limits.depth)
    return refuse(walk, path, { got: `nesting deeper than ${limits.depth}`, expected: 'a flatter value' })
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
    return refuse(walk, path, {
      got: `${nameOf(value)}, which JSON would turn into something else`,
      expected: 'a plain value: convert it first',
    })
  parents.push(value)
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) check(value[i], `${path}[${i}]`, walk)
  else checkFields(value, path, walk)
  parents.pop()
}

function checkFields(value: object, path: string, walk: Walk): void {
  checkPlain(value, path, walk)
  for (const key of Object.keys(value)) {
    if (key === '__proto__')
      throw new InvalidPayload('LW1106', `${placeOf(walk, path)} has an own key "__proto__". Rename it.`, {
        path: short(path),
      })
    checkText(key, `a key of ${path === '' ? 'the value itself' : short(path)}`, walk)
    const at = stepTo(path, key)
    walk.at = at
    const field = (value as Record<string, unknown>)[key]
    walk.bytes += key.length
    if (field !== undefined) check(field, at, walk)
  }
}

function checkPlain(value: object, path: string, walk: Walk): void {
  const prototype = Object.getPrototypeOf(value)
  // A plain object of another realm (a vm context, a test runner) has a prototype whose own prototype is null.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    return refuse(walk, path, { got: nameOf(value), expected: 'a plain object or array' })
  if (Object.getOwnPropertySymbols(value).length > 0)
    return refuse(walk, path, { got: 'an object with symbol keys', expected: 'string keys' })
}

function nameOf(value: object): string {
  const name = (value.constructor as { name?: unknown } | undefined)?.name
  return typeof name === 'string' && name !== '' && name !== 'Object'
    ? `an instance of ${clip(name, 80)}`
    : 'an object with a prototype of its own'
}

/** A path is for people; deep nesting or long keys must not make a message of a megabyte. */
const pathChars = 120

/** Both ends of a path: where it begins and what it ends at tell the most. */
const short = (path: string): string =>
  path.length <= pathChars ? path : clip(path, pathChars / 2) + path.slice(1 - pathChars / 2).toWellFormed()

const placeOf = ({ what }: Walk, path: string): string => (path === '' ? what : `${what}: ${short(path)}`)

function stepTo(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`
  return path === '' ? key : `${path}.${key}`
}

function checkText(text: string, path: string, walk: Walk): void {
  const at = unstorableAt(text)
  if (at < 0) return
  const what = text.charCodeAt(at) === 0 ? 'a NUL character' : 'half of a surrogate pair'
  throw new InvalidPayload(
    'LW1105',
    `${placeOf(walk, path)} holds ${what} at position ${at}. Clean the text, or encode bytes as base64.`,
    { path: short(path), at },
  )
}

function refuse(walk: Walk, path: string, { got, expected }: { got: string; expected: string }): never {
  const text = `${placeOf(walk, path)}: got ${got}, expected ${expected}.`
  throw new InvalidPayload('LW1103', text, { path: short(path), expected })
}

function tooLarge(what: string, bytes: string, maxBytes: number): never {
  throw new InvalidPayload(
    'LW1104',
    `${what} has ${bytes} bytes as JSON, the limit is ${maxBytes}. Store the data elsewhere and pass a reference.`,
    { maxBytes },
  )
}

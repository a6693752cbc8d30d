import { limits } from './defaults.ts'
import { InvalidPayload, show } from './errors.ts'
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
  check(value, what, [], 0)
  const text = JSON.stringify(value)
  const bytes = utf8Bytes(text)
  if (bytes > maxBytes) {
    throw new InvalidPayload(
      'LW1104',
      `${what} has ${bytes} bytes as JSON, the limit is ${maxBytes}. Store the data elsewhere and pass a reference.`,
      { bytes, maxBytes },
    )
  }
  return text
}

/** The value of a JSON text. Own `__proto__` keys were refused when it was written, and JSON.parse does not revive any. */
export const decode = (text: string): unknown => JSON.parse(text)

function check(value: unknown, path: string, parents: object[], depth: number): void {
  switch (typeof value) {
    case 'string':
      return checkText(value, path)
    case 'boolean':
      return
    case 'number':
      if (Number.isFinite(value)) return
      return refuse(path, String(value), 'a finite number')
    case 'object':
      return value === null ? undefined : checkObject(value, path, parents, depth)
    default:
      return refuse(path, show(value), 'a string, number, boolean, null, array or plain object')
  }
}

function checkObject(value: object, path: string, parents: object[], depth: number): void {
  if (parents.includes(value)) return refuse(path, 'a reference back to its own parent', 'no cycle')
  if (depth >= limits.depth) return refuse(path, `nesting deeper than ${limits.depth}`, 'a flatter value')
  parents.push(value)
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) check(value[i], `${path}[${i}]`, parents, depth + 1)
  } else {
    checkPlain(value, path)
    for (const key of Object.keys(value)) {
      if (key === '__proto__')
        throw new InvalidPayload('LW1106', `${path} has an own key "__proto__". Rename it.`, { path })
      checkText(key, `a key of ${path}`)
      const field = (value as Record<string, unknown>)[key]
      if (field !== undefined)
        check(
          field,
          /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`,
          parents,
          depth + 1,
        )
    }
  }
  parents.pop()
}

function checkPlain(value: object, path: string): void {
  const prototype = Object.getPrototypeOf(value)
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
    return refuse(
      path,
      `a ${nameOf(value)}, which JSON would turn into something else`,
      'a plain value: convert it first',
    )
  // A plain object of another realm (a vm context, a test runner) has a prototype whose own prototype is null.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    return refuse(path, `a ${nameOf(value)}`, 'a plain object or array')
  if (Object.getOwnPropertySymbols(value).length > 0)
    return refuse(path, 'an object with symbol keys', 'string keys')
}

const nameOf = (value: object): string =>
  (value.constructor as { name?: string } | undefined)?.name || 'object without a class'

function checkText(text: string, path: string): void {
  const at = unstorableAt(text)
  if (at < 0) return
  const what = text.charCodeAt(at) === 0 ? 'a NUL character' : 'half of a surrogate pair'
  throw new InvalidPayload(
    'LW1105',
    `${path} holds ${what} at position ${at}. Clean the text, or encode bytes as base64.`,
    { path, at },
  )
}

function refuse(path: string, got: string, expected: string): never {
  throw new InvalidPayload('LW1103', `${path}: got ${got}, expected ${expected}.`, { path, expected })
}

import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Code } from '../job/catalogue.ts'
import { clip, InvalidPayload } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'

interface How {
  readonly what: string
  readonly code: Code
}

/**
 * The value as the schema makes it.
 * @throws {InvalidPayload} with `code`, naming the path and what was expected there; with a `cause` when the schema
 * itself failed.
 */
export const validate = async <T>(
  schema: StandardSchemaV1<unknown, T> | undefined,
  value: unknown,
  how: How,
): Promise<T> => validated(schema, value, how)

/** The same, at once where the schema answers at once, as nearly all do: a promise is a large part of what a small job costs. */
export function validated<T>(
  schema: StandardSchemaV1<unknown, T> | undefined,
  value: unknown,
  how: How,
): T | Promise<T> {
  if (!schema) return value as T
  const answer = ask(schema, value, how)
  return answer instanceof Promise ? answer.then((late) => valueOf(late, how)) : valueOf(answer, how)
}

type Answer<T> = StandardSchemaV1.Result<T>

function valueOf<T>(answer: Answer<T>, { what, code }: How): T {
  if (!answer.issues) return answer.value
  const issues = answer.issues
    .slice(0, 5)
    .map((issue) => ({ path: pathOf(issue.path), message: clip(String(issue.message), 300) }))
  const more = answer.issues.length > 5 ? ` (and ${answer.issues.length - 5} more)` : ''
  const text = issues.map(({ path, message }) => `${path || 'the value itself'}: ${message}`).join('; ')
  throw new InvalidPayload(code, `${what} does not fit its schema: ${text}${more}.`, { issues })
}

/**
 * What the schema makes of a stored payload. A missing input is stored as null, so a schema that refuses null is asked
 * about a missing one; without a schema there is no input.
 */
export function validateStored<T>(
  schema: StandardSchemaV1<unknown, T> | undefined,
  stored: unknown,
  how: How,
): unknown {
  if (stored !== null) return validated(schema, stored, how)
  return schema && nullOrMissing(schema, how)
}

async function nullOrMissing(schema: StandardSchemaV1, how: How): Promise<unknown> {
  try {
    return await validate(schema, null, how)
  } catch (refused) {
    return validate(schema, undefined, how).catch(() => {
      throw refused
    })
  }
}

function ask<T>(
  schema: StandardSchemaV1<unknown, T>,
  value: unknown,
  how: How,
): Answer<T> | Promise<Answer<T>> {
  try {
    const answer: unknown = schema['~standard'].validate(value)
    return isLater<Answer<T>>(answer) ? later(answer, how) : answered(answer)
  } catch (error) {
    throw broken(error, how)
  }
}

async function later<T>(answer: PromiseLike<Answer<T>>, how: How): Promise<Answer<T>> {
  try {
    return answered(await answer)
  } catch (error) {
    throw broken(error, how)
  }
}

const isLater = <T>(answer: unknown): answer is PromiseLike<T> =>
  typeof (answer as { then?: unknown } | null | undefined)?.then === 'function'

function answered<T>(answer: unknown): Answer<T> {
  // What a schema answers is an object by its own standard.
  if (typeof answer === 'object' && answer !== null) return answer as Answer<T>
  throw new TypeError('it answered nothing')
}

function broken(error: unknown, { what, code }: How): InvalidPayload {
  const { name, message } = toErrorInfo(error)
  const text = `${what} could not be checked, for its schema threw ${name}: ${clip(message, 300)}.`
  return new InvalidPayload(code, text, {}, { cause: error })
}

function pathOf(path: StandardSchemaV1.Issue['path']): string {
  const keys = (path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  return keys
    .map((key, i) => {
      if (typeof key === 'string' && /^[A-Za-z_$][\w$]*$/.test(key)) return `${i ? '.' : ''}${clip(key, 100)}`
      return `[${typeof key === 'number' ? key : JSON.stringify(clip(String(key), 100))}]`
    })
    .join('')
}

import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Code } from '../job/catalogue.ts'
import { clip, InvalidPayload } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'

/**
 * The value as the schema makes it.
 * @throws {InvalidPayload} with `code`, naming the path and what was expected there; with a `cause` when the schema
 * itself failed.
 */
export async function validate<T>(
  schema: StandardSchemaV1<unknown, T> | undefined,
  value: unknown,
  { what, code }: { what: string; code: Code },
): Promise<T> {
  if (!schema) return value as T
  const answer = await ask(schema, value, { what, code })
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
export async function validateStored<T>(
  schema: StandardSchemaV1<unknown, T> | undefined,
  stored: unknown,
  how: { what: string; code: Code },
): Promise<unknown> {
  if (stored !== null) return validate(schema, stored, how)
  if (!schema) return undefined
  try {
    return await validate(schema, null, how)
  } catch (refused) {
    return validate(schema, undefined, how).catch(() => {
      throw refused
    })
  }
}

async function ask<T>(
  schema: StandardSchemaV1<unknown, T>,
  value: unknown,
  { what, code }: { what: string; code: Code },
): Promise<StandardSchemaV1.Result<T>> {
  try {
    const answer = await schema['~standard'].validate(value)
    if (typeof answer === 'object' && answer !== null) return answer
    throw new TypeError('it answered nothing')
  } catch (error) {
    const { name, message } = toErrorInfo(error)
    const text = `${what} could not be checked, for its schema threw ${name}: ${clip(message, 300)}.`
    throw new InvalidPayload(code, text, {}, { cause: error })
  }
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

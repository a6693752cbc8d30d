import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Code } from '../job/catalogue.ts'
import { clip, InvalidPayload } from '../job/errors.ts'

/**
 * The value as the schema makes it.
 * @throws {InvalidPayload} with `code`, naming the path and what was expected there.
 */
export async function validate<T>(
  schema: StandardSchemaV1<unknown, T> | undefined,
  value: unknown,
  { what, code }: { what: string; code: Code },
): Promise<T> {
  if (!schema) return value as T
  const answer = await schema['~standard'].validate(value)
  if (!answer.issues) return answer.value
  const issues = answer.issues
    .slice(0, 5)
    .map((issue) => ({ path: pathOf(issue.path), message: clip(issue.message, 300) }))
  const more = answer.issues.length > 5 ? ` (and ${answer.issues.length - 5} more)` : ''
  const text = issues.map(({ path, message }) => `${path || 'the value itself'}: ${message}`).join('; ')
  throw new InvalidPayload(code, `${what} does not fit its schema: ${text}${more}.`, { issues })
}

function pathOf(path: StandardSchemaV1.Issue['path']): string {
  const keys = (path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  return keys
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i ? '.' : ''}${String(key)}`))
    .join('')
}

import type { AnyTask } from '../../define/task.ts'

/** The part of JSON Schema that an example can be made of. */
interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly examples?: readonly unknown[]
  readonly format?: string
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
}

/** https://standardschema.dev/json-schema: what zod, arktype and others offer beside validation. */
interface StandardJson {
  readonly jsonSchema?: { readonly input?: (options: { readonly target: string }) => unknown }
}

/** A payload that fits a task's schema, as JSON text, for a person to change; undefined where the schema does not say. */
export function exampleOf(task: AnyTask | undefined): string | undefined {
  try {
    const standard = task?.input?.['~standard'] as StandardJson | undefined
    const schema = standard?.jsonSchema?.input?.({ target: 'draft-2020-12' })
    const example = schema === undefined ? undefined : exampleFor(schema as JsonSchema, 0)
    return example === undefined ? undefined : JSON.stringify(example)
  } catch {
    // Not every schema can be said in JSON Schema; then there is no example.
    return undefined
  }
}

/** Nobody reads an example that is deeper. */
const deepest = 8

function exampleFor(schema: JsonSchema, depth: number): unknown {
  if (depth > deepest) return null
  const given = [schema.const, schema.default, schema.examples?.[0], schema.enum?.[0]]
  const found = given.find((value) => value !== undefined)
  if (found !== undefined) return found
  const [branch] = schema.anyOf ?? schema.oneOf ?? []
  if (branch) return exampleFor(branch, depth + 1)
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => exampleFor(part, depth + 1)))
  const type = [schema.type].flat()[0] ?? (schema.properties ? 'object' : undefined)
  switch (type) {
    case 'object':
      return exampleObject(schema, depth)
    case 'array':
      return schema.items && (schema.minItems ?? 0) > 0 ? [exampleFor(schema.items, depth + 1)] : []
    case 'string':
      return byFormat[schema.format ?? ''] ?? 'text'
    case 'integer':
      return schema.minimum ?? (schema.exclusiveMinimum === undefined ? 1 : schema.exclusiveMinimum + 1)
    case 'number':
      return schema.minimum ?? (schema.exclusiveMinimum === undefined ? 1 : schema.exclusiveMinimum + 1)
    case 'boolean':
      return true
    default:
      return null
  }
}

/** With what must be there; with everything where nothing must. */
function exampleObject({ properties = {}, required }: JsonSchema, depth: number): object {
  const names = required && required.length > 0 ? required : Object.keys(properties)
  return Object.fromEntries(names.map((name) => [name, exampleFor(properties[name] ?? {}, depth + 1)]))
}

const byFormat: Readonly<Record<string, string>> = {
  email: 'ada@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
  date: '2026-01-01',
  time: '09:00:00Z',
  'date-time': '2026-01-01T09:00:00Z',
  ipv4: '192.0.2.1',
}

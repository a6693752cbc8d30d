import type { PathRule } from './paths.ts'

/**
 * What stands before a stored text that is more than the plain JSON of a value: which parts people may not see, which
 * are sealed and under what key, and where the text is when it is too large for a row. It travels with the job, so
 * that every process obeys it, also one that does not know the task.
 */
export interface Header {
  readonly v: 1
  /** Parts that nobody but the handler sees. */
  readonly redact?: readonly PathRule[]
  /** Parts in whose place an `Envelope` stands; `true` for the whole. */
  readonly sealed?: true | readonly PathRule[]
  /** The job's own key, sealed with one of the keyring: only a payload has it, for all texts of its job. */
  readonly key?: Envelope & { readonly kid: string }
  /** What it is sealed to in the place of its job's id: a twin with the same unique key may take it over. */
  readonly anchor?: string
  /** The body is in the blob store. */
  readonly blob?: BlobRef
}

/** A sealed text: AES-256-GCM, every field in base64. */
export interface Envelope {
  readonly v: 1
  readonly alg: 'A256GCM'
  readonly iv: string
  readonly ct: string
  readonly tag: string
}

export interface BlobRef {
  readonly key: string
  readonly bytes: number
  /** Of the text, in hex. */
  readonly sha256: string
}

// JSON.stringify writes no blanks, so a value of a user's that begins like this is known by its first characters.
const mark = '{"$legwork":'

/** False for the plain JSON of a value, which is what nearly every stored text is. */
export const isWrapped = (text: string): boolean => text.startsWith(mark)

/** `body` is JSON text. */
export const wrap = (header: Header, body: string): string =>
  `${mark}${JSON.stringify(header)},"body":${body}}`

/** Plain JSON text as it may be stored: a value that looks like a wrapper gets a wrapper of its own. */
export const plain = (text: string): string => (isWrapped(text) ? wrap({ v: 1 }, text) : text)

/** The two parts of a wrapped text. @throws {SyntaxError} when it is damaged. */
export function unwrap(text: string): { readonly header: Header; readonly body: unknown } {
  const { $legwork: header, body } = JSON.parse(text) as { $legwork: Header | null; body: unknown }
  if (typeof header !== 'object' || header === null || header.v !== 1)
    throw new SyntaxError('its wrapper is damaged, or of a newer version')
  return { header, body }
}

/** The header of a text; undefined for a plain or a damaged one. */
export function headerOf(text: string): Header | undefined {
  try {
    return isWrapped(text) ? unwrap(text).header : undefined
  } catch {
    return undefined
  }
}

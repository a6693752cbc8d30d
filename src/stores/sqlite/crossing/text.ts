/*
 * The form in which many records cross to the store's thread and back: the JSON texts that SQLite itself takes and
 * gives, so that on their way nothing is parsed, cloned or written again. What is unusual crosses as plain records.
 */

/** As JSON text, which costs a third of a structured clone; as they are, when a text cannot hold them. */
export function textOr<T>(list: readonly T[]): string | readonly T[] {
  try {
    return JSON.stringify(list)
  } catch {
    return list
  }
}

// The other side is this same version of this file.
export const listOf = <T>(list: string | readonly T[]): readonly T[] =>
  typeof list === 'string' ? (JSON.parse(list) as T[]) : list

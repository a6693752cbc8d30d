/**
 * Text of a payload, an error or a log line, made harmless for a terminal: control characters, and those that
 * turn the direction of writing, are shown as escapes. A line feed is one of them, so the answer is one line.
 */
export function safe(text: string): string {
  return text.toWellFormed().replace(hostile, (c) => shown.get(c) ?? `\\u{${hex(c, 1)}}`)
}

/** One safe line for each line of a text. */
export const safeLines = (text: string): string[] => text.split(/\r?\n/).map(safe)

/** JSON of a value, with what JSON.stringify leaves raw but a terminal would obey escaped too. */
export function safeJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent) ?? 'null'
  return text.replace(hostileInJson, (c) => `\\u${hex(c, 4)}`)
}

/** C0, DEL and C1 controls, line and paragraph separators, marks that change the direction of writing. */
const hostile = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
/** Without the C0 controls: JSON.stringify escapes them inside of strings, and indents with the others. */
const hostileInJson = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

const shown = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

const hex = (c: string, width: number): string => (c.codePointAt(0) ?? 0).toString(16).padStart(width, '0')

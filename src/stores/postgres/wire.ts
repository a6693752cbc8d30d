/*
 * One JSON text goes in and one comes out of each call. A text of Postgres cannot hold NUL, and its jsonb no half of a
 * surrogate pair; both are written with a mark instead, a character for private use, and so is the mark itself.
 */
const mark = '\uF8FF'

/** A value as the JSON text of a call. */
export function toWire(value: unknown): string {
  const text = JSON.stringify(value)
  if (!text.includes('\\u') && !text.includes(mark)) return text
  return text.replace(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)|\uF8FF/gs, (part) => {
    if (part === mark) return `${mark}1`
    if (part === '\\u0000') return `${mark}0`
    return part.startsWith('\\ud') ? `${mark}d${part.slice(3)}` : part
  })
}

/** The value of a JSON text that came back. */
export function fromWire(text: string): unknown {
  return JSON.parse(text.includes(mark) ? text.replace(/\uF8FF([01]|d[0-9a-f]{3})/g, unmark) : text)
}

/** The JSON text of a value inside another one, as it was before it was written. */
const unmark = (_: string, part: string): string => {
  if (part === '0') return '\\u0000'
  return part === '1' ? mark : `\\u${part}`
}

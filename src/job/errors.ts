import { catalogue, type Code } from './catalogue.ts'

/**
 * Every error Legwork throws: a class to catch, a stable `code`, a message that says what happened, to which
 * job or option, and what to do next. `legwork explain CODE` prints the long form.
 */
export class LegworkError extends Error {
  readonly code: Code
  /** Machine-readable values of the message. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: Code, message: string, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(`${code} ${message}`, options)
    this.name = new.target.name
    this.code = code
    this.details = details
  }

  /** The catalogue's title of this code. */
  get title(): string {
    return catalogue[this.code].title
  }
}

/** An option or argument is wrong; nothing was written. LW1201 unless the code says more. */
export class InvalidOption extends LegworkError {
  constructor(option: string, value: unknown, expected: string, code: Code = 'LW1201') {
    super(code, `${option}: got ${show(value)}, expected ${expected}.`, { option, expected })
  }
}

/** A payload (or result) was refused before anything was written: LW1102 to LW1107. */
export class InvalidPayload extends LegworkError {}

/** A task, job, queue or handler is unknown or defined twice. */
export class UnknownThing extends LegworkError {}

/** Something was called at the wrong moment of its life: a second `start()`, use after `stop()`. */
export class WrongMoment extends LegworkError {}

/** The state of the job does not allow what was asked. */
export class Refused extends LegworkError {}

/** Another job holds the unique key and the rule says `throw`; `details.twin` is its id. Nothing was written. LW1209. */
export class NotUnique extends LegworkError {}

/** A limit of the queue refused the job: LW1212 too many wait, LW1213 too many came. Nothing was written. */
export class QueueFull extends LegworkError {
  /** When to try again, in milliseconds: the end of the window, or a guess; absent when the call can never fit. */
  get retryAfterMs(): number | undefined {
    return this.details['retryAfterMs'] as number | undefined
  }
}

/** The store cannot be opened, reached or written. */
export class StoreError extends LegworkError {}

/**
 * The store did not answer in time, so it is unknown whether the job was enqueued.
 * Repeat with the same `id`: a job that was stored is found, not doubled. LW1005.
 */
export class UnknownOutcome extends LegworkError {}

/** The job whose result was awaited ended dead or cancelled (LW2201, LW2202), or not in time (LW2203). */
export class JobFailed extends LegworkError {}

/** A value for an error message: short, one line, never throws. */
export function show(value: unknown): string {
  try {
    if (typeof value === 'string') return JSON.stringify(clip(value, 80))
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString()
    if (typeof value === 'object' && value !== null) return clip(showObject(value), 80)
    return String(value)
  } catch {
    return `an unreadable ${typeof value}`
  }
}

/** A class instance by its name, and a plain value as JSON, unless it is larger than anybody would read. */
function showObject(value: object): string {
  let parts = 0
  const counted = (_key: string, part: unknown) => {
    if (++parts > 100) throw new RangeError('too many parts')
    return typeof part === 'bigint' ? `${part}n` : part
  }
  try {
    return JSON.stringify(value, counted) ?? 'an object'
  } catch {
    return `an object of class ${value.constructor?.name || 'unknown'}`
  }
}

/** The first `max` characters, with an ellipsis where something was cut; never half a surrogate pair. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text
  const end = /[\uD800-\uDBFF]/.test(text[max - 2] ?? '') ? max - 2 : max - 1
  return `${text.slice(0, end)}…`
}

/** The name among `known` that `typed` was probably meant to be; `undefined` when none is near. */
export function nearest(typed: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(typed.length / 3)) + 1
  for (const name of known) {
    const d = distance(typed.toLowerCase(), name.toLowerCase())
    if (d < bestDistance) [best, bestDistance] = [name, d]
  }
  return best
}

/** Optimal string alignment distance: insertions, deletions, substitutions and swapped neighbours cost one each. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array<number>(b.length).fill(0)])
  const first = rows[0] as number[]
  for (let j = 1; j <= b.length; j++) first[j] = j
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let d = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d = Math.min(d, at(i - 2, j - 2) + 1)
      ;(rows[i] as number[])[j] = d
    }
  }
  return at(a.length, b.length)
}

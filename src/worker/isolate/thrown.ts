import {
  Cancelled,
  Dead,
  LeaseLost,
  Release,
  RetryIn,
  ShuttingDown,
  Snooze,
  TimedOut,
} from '../../define/verdicts.ts'
import { LegworkError } from '../../job/errors.ts'
import { toErrorInfo } from '../../job/failure.ts'
import type { AbortReason } from './messages.ts'

/** A thrown value on its way between isolate and worker. */
export interface Thrown {
  readonly verdict?: 'Dead' | 'RetryIn' | 'Snooze' | 'Release'
  readonly delayMs?: number
  readonly countsAsAttempt?: boolean
  readonly name: string
  readonly message: string
  readonly stack?: string
  /** Its own fields, as far as JSON holds them: what `retry.when` may look at. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly cause?: Thrown
}

/** Never throws, whatever was thrown. */
export function toThrown(value: unknown, depth = 0): Thrown {
  const { name, message, stack } = toErrorInfo(value)
  const cause = attempt(() => (value as { cause?: unknown }).cause)
  return {
    ...attempt(() => verdictOf(value)),
    name,
    message,
    ...(stack !== undefined && { stack }),
    fields: attempt(() => fieldsOf(value)) ?? {},
    ...(cause !== undefined && depth < 5 && { cause: toThrown(cause, depth + 1) }),
  }
}

function verdictOf(value: unknown): Pick<Thrown, 'verdict' | 'delayMs' | 'countsAsAttempt'> | undefined {
  if (value instanceof Dead) return { verdict: 'Dead' }
  if (value instanceof Snooze) return { verdict: 'Snooze', delayMs: value.delayMs }
  if (value instanceof Release) return { verdict: 'Release', delayMs: value.delayMs }
  if (value instanceof RetryIn)
    return { verdict: 'RetryIn', delayMs: value.delayMs, countsAsAttempt: value.countsAsAttempt }
  return undefined
}

function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {}
  const own = Object.entries(value).filter(([key]) => !['name', 'message', 'stack', 'cause'].includes(key))
  return Object.fromEntries(
    own.flatMap(([key, field]) => {
      const copy = attempt(() => JSON.parse(JSON.stringify(field)) as unknown)
      return copy === undefined ? [] : [[key, copy]]
    }),
  )
}

/** The error again, of its own class where that decides something. */
export function fromThrown(thrown: Thrown): Error {
  const { name, message, stack, fields, cause } = thrown
  const error = classOf(thrown)
  for (const [key, value] of Object.entries(fields)) attempt(() => Object.assign(error, { [key]: value }))
  // What the stack says of its causes is in it already.
  const own = {
    name,
    message,
    ...(stack !== undefined && { stack }),
    ...(cause && { cause: fromThrown(cause) }),
  }
  for (const [key, value] of Object.entries(own))
    Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: false })
  return error
}

function classOf({ verdict, message, delayMs = 0, countsAsAttempt = true }: Thrown): Error {
  switch (verdict) {
    case 'Dead':
      return new Dead(message)
    case 'Snooze':
      return new Snooze(delayMs, message)
    case 'Release':
      return new Release(message, delayMs)
    case 'RetryIn':
      return new RetryIn(delayMs, { countsAsAttempt, message })
    default:
      return new Error(message)
  }
}

export function toAbortReason(reason: unknown): AbortReason {
  const { name, message } = toErrorInfo(reason)
  return { name, message, details: reason instanceof LegworkError ? fieldsOf(reason.details) : {} }
}

/** The reason of the signal in the isolate, of the class that handlers look for. */
export function fromAbortReason({ name, message, details }: AbortReason): Error {
  const text = (key: string) => String(details[key] ?? '')
  const id = text('id')
  switch (name) {
    case 'Cancelled':
      return new Cancelled(id, text('reason'))
    case 'TimedOut':
      return new TimedOut(
        id,
        details['of'] === 'deadline' ? 'deadline' : 'attempt',
        Number(details['limitMs'] ?? 0),
      )
    case 'LeaseLost':
      return new LeaseLost(id, Number(details['attempt'] ?? 0), text('why'))
    case 'ShuttingDown':
      return new ShuttingDown(id)
    default:
      return Object.assign(new Error(message), { name })
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

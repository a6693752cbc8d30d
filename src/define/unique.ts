import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'
import { checkKnown } from '../job/name.ts'
import { allStates, type State } from '../job/state.ts'
import { closed, namedStates, type Unique } from '../job/unique.ts'

/** What makes two jobs of a task the same: a text, a number, or a list of both. */
export type UniqueKey = string | number | readonly (string | number)[]

/** The states in which a job holds its unique key. */
export type UniqueWhile = keyof typeof namedStates | readonly State[]

/** At most one job of a task with the same key. */
export type UniqueOptions<In = unknown> = UniqueBy<In> & UniqueRule

export interface UniqueBy<In = unknown> {
  /** What makes two jobs the same, from the input as the producer passes it. Default: the whole input. */
  readonly by?: (input: In) => UniqueKey
}

/** When a key is held, and what becomes of a newcomer: one of four rules. */
export type UniqueRule = Held | Debounced | Throttled | Latest

interface Held {
  /**
   * `waiting`: until the job starts. `incomplete` (the default): until it is done, dead or cancelled. `successful`: also
   * while it is kept as completed. `present`: as long as it is in the store, which is the default with `for`.
   */
  readonly while?: UniqueWhile
  /** Only this long from its enqueue; until then the job is also kept. */
  readonly for?: Duration
  /**
   * `return` (the default) gives the job that holds the key; `throw` ends with NotUnique; `replace` gives a waiting one
   * the newcomer's input, time and options.
   */
  readonly onConflict?: 'return' | 'throw' | 'replace'
  readonly debounce?: undefined
  readonly throttle?: undefined
  readonly latest?: undefined
}
interface Debounced extends NotHeld {
  /** Runs once nothing was enqueued for `wait`, with the newest input; at the latest `maxWait` after the first. */
  readonly debounce: { readonly wait: Duration; readonly maxWait?: Duration }
  readonly throttle?: undefined
  readonly latest?: undefined
}
interface Throttled extends NotHeld {
  /** The first of each such span of time runs, the others find it. */
  readonly throttle: Duration
  readonly debounce?: undefined
  readonly latest?: undefined
}
interface Latest extends NotHeld {
  /** A waiting job takes the newest input and keeps its place in the line. */
  readonly latest: true
  readonly debounce?: undefined
  readonly throttle?: undefined
}
interface NotHeld {
  readonly while?: undefined
  readonly for?: undefined
  readonly onConflict?: undefined
}

/** A rule with every default filled in; `by` and the key are the producer's. */
export interface UniquePolicy extends Omit<Unique, 'key'> {
  readonly by?: (input: unknown) => unknown
  /** For debounce: how long a job waits. */
  readonly waitMs?: number
}

export const ruleOptions = ['while', 'for', 'onConflict', 'debounce', 'throttle', 'latest']

/** @throws {InvalidOption} LW1201, or LW1211 for a set of states that is not closed. */
export function toUniquePolicy(options: true | UniqueOptions<never>, at: string): UniquePolicy {
  if (options === true) return toRule({}, at)
  checkKnown(options, ['by', ...ruleOptions], `${at} option`)
  const { by, ...rule } = options as UniqueOptions
  if (by !== undefined && typeof by !== 'function')
    throw new InvalidOption(`${at}.by`, by, 'a function of the input, such as (input) => input.userId')
  return { ...toRule(rule as UniqueRule, at), ...(by && { by }) }
}

/** The rule alone, without what the key is made of. */
export function toRule(rule: UniqueRule, at: string): UniquePolicy {
  const presets = (['debounce', 'throttle', 'latest'] as const).filter((name) => rule[name] !== undefined)
  const others = ruleOptions.filter((name) => rule[name as keyof UniqueRule] !== undefined)
  const [preset] = presets
  if (preset === undefined) return toHeld(rule as Held, at)
  if (others.length > 1)
    throw new InvalidOption(
      at,
      others,
      `either ${preset} or ${others.filter((name) => name !== preset).join(' and ')}, not both: ${preset} is a rule of its own`,
    )
  if (rule.debounce) return toDebounce(rule.debounce, `${at}.debounce`)
  if (rule.throttle !== undefined)
    return {
      states: namedStates.present,
      forMs: toMs(rule.throttle, `${at}.throttle`, 1),
      onConflict: 'return',
    }
  if (rule.latest !== true) throw new InvalidOption(`${at}.latest`, rule.latest, 'true, or nothing')
  return { states: namedStates.waiting, onConflict: 'latest' }
}

function toDebounce(debounce: unknown, at: string): UniquePolicy {
  checkKnown(debounce, ['wait', 'maxWait'], `${at} option`)
  const { wait, maxWait } = debounce as { wait: Duration; maxWait?: Duration }
  const waitMs = toMs(wait, `${at}.wait`, 1)
  const maxWaitMs = maxWait === undefined ? undefined : toMs(maxWait, `${at}.maxWait`, 1)
  if (maxWaitMs !== undefined && maxWaitMs < waitMs)
    throw new InvalidOption(`${at}.maxWait`, maxWait, `at least as long as wait (${waitMs} ms)`)
  return {
    states: namedStates.waiting,
    onConflict: 'replace',
    waitMs,
    ...(maxWaitMs !== undefined && { maxWaitMs }),
  }
}

function toHeld(rule: Held, at: string): UniquePolicy {
  const { onConflict = 'return' } = rule
  const forMs = rule.for === undefined ? undefined : toMs(rule.for, `${at}.for`, 1)
  if (!['return', 'throw', 'replace'].includes(onConflict))
    throw new InvalidOption(
      `${at}.onConflict`,
      onConflict,
      'return, throw or replace; debounce, throttle and latest are rules of their own, such as { throttle: "10m" }',
    )
  const states = toStates(rule.while ?? (forMs === undefined ? 'incomplete' : 'present'), `${at}.while`)
  return { states, onConflict, ...(forMs !== undefined && { forMs }) }
}

function toStates(given: UniqueWhile, at: string): readonly State[] {
  if (typeof given === 'string' && Object.hasOwn(namedStates, given)) return namedStates[given]
  const names = Object.keys(namedStates).join(', ')
  if (!Array.isArray(given)) throw new InvalidOption(at, given, `${names}, or a list of states`)
  const unknown = given.find((state) => !allStates.includes(state))
  if (unknown !== undefined || given.length === 0)
    throw new InvalidOption(at, unknown ?? given, `states out of ${allStates.join(', ')}`)
  const whole = closed(given)
  if (whole) return whole
  throw new InvalidOption(
    at,
    given,
    'a closed set of states: scheduled and ready always, running where a final state is named. A job begins in line and may come back there, so another one could take its key in between',
    'LW1211',
  )
}

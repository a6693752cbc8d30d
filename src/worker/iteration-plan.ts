import { type Duration, type Unit, toMs } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'
import { checkCount, checkKnown } from '../job/name.ts'

export type Source<Item> =
  | AsyncIterable<Item>
  | Iterable<Item>
  | Promise<AsyncIterable<Item> | Iterable<Item>>

export interface IterateOptions {
  /**
   * How often the cursor is kept: after so many items, or when so much time has passed since the last time. So many
   * items, at most, are repeated after a crash. Default: 1,000 items or 5 s, whichever comes first.
   */
  readonly every?: number | `${number}${Unit}`
  /** At most so many items a second (`s`), minute (`m`) or hour (`h`), evenly spread. Default: as fast as they go. */
  readonly throttle?: `${number}/${'s' | 'm' | 'h'}`
  /** After so long the job is given back, to go on behind the jobs that wait. Default: no limit. */
  readonly for?: Duration
}

/** What an iteration was asked to do, with every default filled in. */
export interface Plan {
  readonly source: (cursor: unknown) => Source<unknown>
  readonly cursor: ((item: unknown) => unknown) | undefined
  readonly everyItems: number
  readonly everyMs: number
  readonly spaceMs: number
  readonly forMs: number
}

const known = ['cursor', 'every', 'throttle', 'for']

/** @throws {InvalidOption} LW1201 */
export function toPlan(source: unknown, options: unknown): Plan {
  if (typeof source !== 'function')
    throw new InvalidOption(
      'iterate',
      source,
      'a function that is given a cursor and gives the items after it',
    )
  checkKnown(options, known, 'iterate option')
  // Each field is checked below.
  const { cursor, every, throttle, for: turnOf } = options as IterateOptions & { readonly cursor?: unknown }
  if (cursor !== undefined && typeof cursor !== 'function')
    throw new InvalidOption('iterate: cursor', cursor, 'a function that gives the cursor of an item')
  const items = typeof every === 'number' ? checkCount(every, 'iterate: every', 1, 1_000_000_000) : undefined
  return {
    source: source as Plan['source'],
    cursor: cursor as Plan['cursor'],
    everyItems: items ?? (every === undefined ? 1_000 : Infinity),
    everyMs: items === undefined ? toMs((every ?? '5s') as Duration, 'iterate: every', 1) : Infinity,
    spaceMs: throttle === undefined ? 0 : spaceOf(throttle),
    forMs: turnOf === undefined ? Infinity : toMs(turnOf, 'iterate: for', 1),
  }
}

const perMs = { s: 1_000, m: 60_000, h: 3_600_000 } as const

/** Milliseconds from one item to the next. @throws {InvalidOption} LW1201 */
function spaceOf(throttle: unknown): number {
  const match = typeof throttle === 'string' ? /^(\d+(?:\.\d+)?)\/([smh])$/.exec(throttle) : null
  const count = Number(match?.[1] ?? 0)
  if (match && count > 0) return perMs[match[2] as keyof typeof perMs] / count
  throw new InvalidOption(
    'iterate: throttle',
    throttle,
    "items per second, minute or hour, such as '100/s', above 0",
  )
}

import type { Capabilities } from '../store/index.ts'
import type { House, Level, MakeHouse, Need, Promised } from './promise.ts'
import { enter } from './room.ts'
import { promises } from './promises.ts'

/** How one promise went on one store. */
export type Verdict =
  | { readonly verdict: 'kept' }
  | { readonly verdict: 'broken'; readonly error: unknown }
  | { readonly verdict: 'not exercised'; readonly reason: string }

export interface Line {
  readonly id: string
  readonly level: Level
  readonly promise: string
  readonly result: Verdict
}

/** What a run of the suite found on one store. */
export interface Report {
  readonly name: string
  readonly lines: readonly Line[]
  readonly kept: number
  readonly broken: number
  readonly notExercised: number
}

export interface ConformanceOptions {
  /** Default: all. */
  readonly levels?: readonly Level[]
  /** Only promises whose id starts with this. */
  readonly only?: string
  /** Hears of each promise as it is done. */
  readonly hear?: (line: Line) => void
}

/**
 * The report of every promise on a store: kept, broken with the error, or not exercised with the reason.
 * One after the other, each in a house of its own.
 *
 * @example
 * const report = await runConformance('mine', async () => myHouse())
 * console.log(table([report]))
 */
export async function runConformance(
  name: string,
  makeHouse: MakeHouse,
  options: ConformanceOptions = {},
): Promise<Report> {
  const lines: Line[] = []
  for (const promised of promises) {
    if (options.levels && !options.levels.includes(promised.level)) continue
    if (options.only !== undefined && !promised.id.startsWith(options.only)) continue
    const { id, level, promise } = promised
    const line = { id, level, promise, result: await keep(promised, makeHouse) }
    lines.push(line)
    options.hear?.(line)
  }
  const tally = (verdict: Verdict['verdict']) =>
    lines.filter(({ result }) => result.verdict === verdict).length
  return { name, lines, kept: tally('kept'), broken: tally('broken'), notExercised: tally('not exercised') }
}

/** Plays the story of one promise in a house of its own; never throws. */
export async function keep(promised: Promised, makeHouse: MakeHouse): Promise<Verdict> {
  let house: House | undefined
  try {
    house = await makeHouse({ time: promised.level === 'L2' ? 'real' : 'virtual' })
    const room = await enter(house)
    const reason = whyNot(promised, room.store.can, house)
    if (reason !== undefined) return { verdict: 'not exercised', reason }
    await promised.keep(room)
    return { verdict: 'kept' }
  } catch (error) {
    return { verdict: 'broken', error }
  } finally {
    await house?.close().catch(() => {})
  }
}

function whyNot({ needs = [], lacks }: Promised, can: Capabilities, house: House): string | undefined {
  const offers = (need: Need) =>
    need === 'spawn' || need === 'begin' ? house[need] !== undefined : can[need]
  const missing = needs.find((need) => !offers(need))
  if (missing !== undefined) return reasons[missing]
  return lacks !== undefined && can[lacks] ? `it claims the opposite: ${claims[lacks]}` : undefined
}

const reasons: Readonly<Record<Need, string>> = {
  tx: 'does not claim to join the caller’s transaction',
  shared: 'does not claim to be shared by several processes',
  beatApart: 'does not claim to beat off the event loop',
  durable: 'does not claim to survive the end of the process',
  apart: 'its queues lie together, so that one write may be about several',
  spawn: 'the house offers no processes',
  begin: 'the house offers no transactions',
}

const claims: Readonly<Record<keyof Capabilities, string>> = {
  tx: 'it joins the caller’s transaction',
  shared: 'several processes share it',
  beatApart: 'it beats off the event loop',
  durable: 'it survives the end of the process',
  apart: 'its queues lie in partitions, and no write spans two',
}

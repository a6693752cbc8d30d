import type { Settled, Settlement } from '../../../job/job.ts'
import { isSlotId } from '../../../job/schedule.ts'
import { digest } from '../../../job/settle.ts'
import { listOf, textOr } from './text.ts'

/** Settlements of one call: the jobs that are simply done, as nearly all are, and the others. */
export interface Endings {
  readonly n: number
  /** JSON list of [id, fence, digest, result|null, place]; no id twice. */
  readonly done: string
  readonly doneCount: number
  readonly rest: string | readonly (readonly [place: number, Settlement])[]
}

type Done = readonly [id: string, fence: number, digest: string, result: string | null, place: number]

export function bundle(settlements: readonly Settlement[]): Endings {
  const done: Done[] = []
  const rest: [number, Settlement][] = []
  const seen = new Set<string>()
  for (let i = 0; i < settlements.length; i++) {
    const one = settlements[i] as Settlement
    seen.add(one.id)
    if (isDone(one)) done.push([one.id, one.fence, digest(one), one.result ?? null, i])
    else rest.push([i, one])
  }
  const isOnce = seen.size === settlements.length
  // A second word about the same job must meet what the first one has left: all in order, one by one.
  const listed = isOnce ? rest : settlements.map((one, i): [number, Settlement] => [i, one])
  return {
    n: settlements.length,
    done: isOnce ? JSON.stringify(done) : '[]',
    doneCount: isOnce ? done.length : 0,
    rest: listed.length === 0 ? '[]' : textOr(listed),
  }
}

/** What crosses besides the done, with its place. */
export const restOf = ({ rest }: Endings) => listOf<readonly [place: number, Settlement]>(rest)

/** All of them, as they were. */
export function unbundle(endings: Endings): Settlement[] {
  const all: Settlement[] = []
  for (const [place, one] of restOf(endings)) all[place] = one
  for (const [id, fence, , result, place] of JSON.parse(endings.done) as Done[])
    all[place] = { id, fence, move: 'complete', ...(result !== null && { result }) }
  return all
}

/**
 * True for a job that is simply done, as nearly all are: what is to be written follows from its ticket. Others may wait
 * for the job of a schedule's slot.
 */
function isDone({ id, move, reason, error, result }: Settlement): boolean {
  const isText = result === undefined || typeof result === 'string'
  return move === 'complete' && reason === undefined && error === undefined && isText && !isSlotId(id)
}

/** What became of endings: nothing more to say when all were applied. */
export type Ended = { readonly applied: number } | { readonly each: readonly Settled[] }

export const settledOf = (ended: Ended): readonly Settled[] =>
  'each' in ended ? ended.each : new Array<Settled>(ended.applied).fill('applied')

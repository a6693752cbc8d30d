import { canRun } from '../../job/known.ts'
import type { Ask } from '../../store/contract.ts'
import { type Asker, headElsewhere } from './elsewhere.ts'
import { kinds } from './lane-kinds.ts'
import { type Engine, idOf, type Lane, readJson } from './engine.ts'

/** The number of a lane, made where it has none yet. */
export const laneId = (e: Engine, queue: number, task: number, version: number): number =>
  idOf(e.names.lanes, `${queue} ${task} ${version}`, () => e.statement('laneAdd').get(queue, task, version))

/** The lanes of a queue that this asker can run. */
export function lanesFor(e: Engine, queue: number, ask: Ask): Lane[] {
  return lanesOf(e, queue)
    .filter(({ kind }) => (kind === kinds.suspects) === (ask.alone === true))
    .filter((lane) => canRun(ask.tasks, { task: lane.name, version: lane.version }))
}

/** Lanes are only ever added, by any process: read again when there is a newer one. */
function lanesOf(e: Engine, queue: number): readonly Lane[] {
  const { id: newest } = e.statement('laneLast').get() as { id: number }
  if (e.names.newestLane !== newest) e.names.lanesOf.clear()
  e.names.newestLane = newest
  const known = e.names.lanesOf.get(queue)
  if (known) return known
  // The columns of lane-list.sql.
  const rows = readJson(e, 'laneList', queue) as [number, string, number, number][]
  const lanes = rows.map(([id, name, version, kind]) => ({ id, name, version, kind }))
  e.names.lanesOf.set(queue, lanes)
  return lanes
}

/** In the order of lane-head.sql. */
type Head = readonly [sortKey: number, seq: number]

export interface Heads {
  readonly lanes: readonly Lane[]
  readonly limit: number
  /** Expired rows of a lane that may be passed over. */
  readonly spare: number
  readonly now: number
  readonly asker: Asker
}

/**
 * The first jobs of all these lanes together, in order; fewer than there are when there are many lanes, so that a
 * claim costs O(lanes + jobs). Empty only when every lane is.
 */
export function headsOf(e: Engine, { lanes, limit, spare, now, asker }: Heads): number[] {
  const each = lanes.length === 1 ? limit : Math.max(1, Math.ceil((2 * limit) / lanes.length))
  const heads: Head[] = []
  // Beyond the last head of a lane that may have more, nothing is known to be next.
  let known: Head = [Infinity, Infinity]
  for (const lane of lanes) {
    const place = { limit: each, rows: each + spare, now }
    const rows = (
      lane.kind === kinds.elsewhere
        ? headElsewhere(e, { lane, ...place, asker })
        : readJson(e, 'laneHead', lane.id, each, place.rows, now)
    ) as Head[]
    const last = rows.at(-1)
    if (last && rows.length === each && isBefore(last, known)) known = last
    heads.push(...rows)
  }
  if (lanes.length > 1) heads.sort((a, b) => (isBefore(a, b) ? -1 : 1))
  return heads
    .filter((head) => !isBefore(known, head))
    .slice(0, limit)
    .map(([, seq]) => seq)
}

const isBefore = (a: Head, b: Head): boolean => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])

import type { Bulk, BulkPlan, BulkStep } from '../../job/bulk.ts'
import { isOpen } from '../../job/bulk.ts'
import type { DeadFilter, Death } from '../../job/dead.ts'
import type { BulkRoom, BulkSetting, BulkStepped, DeadAsk, DeadPage } from '../../store/index.ts'
import { across, homePart, type Kit, partAt, partsOf } from './kit.ts'
import { all, failureOf, type Part } from './part.ts'

/*
 * An operation that may find jobs in several partitions is one of the same id in each. They are worked on one after the other: what
 * is told of it is their sum, and where the present one is. A death is told with the number of its partition.
 */

/** Deaths of one partition; more than any store will ever number. */
const stretch = 2 ** 43
const deathIn = (part: number, death: Death): Death => part * stretch + Math.min(death, stretch - 1)
const partOf = (death: Death): number => Math.floor(death / stretch)

export function bulkWith(kit: Kit): BulkRoom {
  const read = async (id: string): Promise<readonly Piece[]> => {
    const ends = await Promise.allSettled(kit.parts.map((part) => pieceIn(part, id)))
    const pieces = ends.flatMap((end) => (end.status === 'fulfilled' && end.value ? [end.value] : []))
    // That of a queue with a home is in one partition; whoever has it need not ask the others.
    const isWhole = pieces.some(({ bulk }) => partsOf(kit, bulk.filter.queue).length === 1)
    if (!isWhole && ends.some(({ status }) => status === 'rejected')) throw failureOf(ends)
    return pieces
  }
  return {
    page: (ask) => page(kit, ask),
    async start(plan) {
      // Also where it is known: whoever began it may have died before it was in all of them.
      await all(partsFor(kit, plan), (store) => store.bulk.start(plan))
      return merged(await read(plan.id))
    },
    async list(ids) {
      if (ids) {
        const each = await Promise.all(ids.map(read))
        return each.flatMap((pieces) => (pieces.length > 0 ? [merged(pieces)] : []))
      }
      const found = await all(kit.parts, async (store, part) => ({ part, bulks: await store.bulk.list() }))
      const pieces = found.flatMap(({ part, bulks }) => bulks.map((bulk) => ({ part, bulk })))
      const every = [...new Set(pieces.map(({ bulk }) => bulk.id))]
      const bulks = every.map((id) => merged(pieces.filter(({ bulk }) => bulk.id === id)))
      return bulks.sort((a, b) => b.startedAt - a.startedAt).slice(0, 100)
    },
    async step(one) {
      const pieces = await read(one.id)
      return pieces.length === 0 ? { outcome: 'gone' } : step(kit, pieces, one)
    },
    set: (setting) => set(setting, read),
  }
}

interface Piece {
  readonly part: Part
  readonly bulk: Bulk
}

async function pieceIn(part: Part, id: string): Promise<Piece | undefined> {
  const [bulk] = await part.call((store) => store.bulk.list([id]))
  return bulk && { part, bulk }
}

/** Where the jobs of a filter may be. @throws {StoreError} LW1031 */
function partsFor(kit: Kit, { filter, to, kind }: BulkPlan): readonly Part[] {
  const { queue } = filter
  const parts = partsOf(kit, queue)
  const isHome = parts.length === 1
  if (to === undefined) return parts
  const home = homePart(kit, to)
  // A job with a unique key is where its key belongs, in a spread queue; in any other one it may be elsewhere.
  if (kit.places.isSpread(to) && queue !== undefined && kit.places.isSpread(queue)) return parts
  if (kit.places.isSpread(to))
    throw across(
      `${kind} to the spread queue ${to}: the place of a job there follows from its id and unique key, and ${isHome ? `those of queue ${queue}` : 'the dead jobs of other queues'} are elsewhere; no job moves between partitions. Leave out the other queue, or redrive from a spread one.`,
      { to },
    )
  if (parts.every((part) => part === home)) return parts
  throw across(
    `${kind} to queue ${to}: its jobs are in partition ${home.index + 1}, and ${isHome ? `those of queue ${queue} in ${(parts[0] as Part).index + 1}` : 'the dead jobs may be in others'}; no job moves between partitions. Leave out the other queue, or name a queue of the same partition.`,
    { to },
  )
}

/** Of the pieces of one operation, that whose turn it is. */
const present = (pieces: readonly Piece[]): Piece =>
  pieces.find(({ bulk }) => bulk.state !== 'done') ?? (pieces.at(-1) as Piece)

function merged(pieces: readonly Piece[]): Bulk {
  const { part, bulk } = present(pieces)
  const sum = (pick: (one: Bulk) => number) => pieces.reduce((n, one) => n + pick(one.bulk), 0)
  const total = sum((one) => one.total)
  const endedAt = Math.max(...pieces.map((one) => one.bulk.endedAt ?? 0))
  return {
    ...bulk,
    total: Math.min(total, bulk.limit ?? total),
    done: sum((one) => one.done),
    skipped: sum((one) => one.skipped),
    failed: sum((one) => one.failed),
    isEstimate: pieces.some((one) => one.bulk.isEstimate),
    startedAt: Math.min(...pieces.map((one) => one.bulk.startedAt)),
    cursor: deathIn(part.index, bulk.cursor),
    upTo: deathIn(part.index, bulk.upTo),
    ...(bulk.state === 'done' && { endedAt }),
  }
}

/** Of one partition: the first that has any, from where it stands. */
async function page(kit: Kit, { filter, after, upTo, limit }: DeadAsk): Promise<DeadPage> {
  const last = lastFor(kit, filter)
  let from = after
  for (;;) {
    const index = Math.max(partOf(from), firstFor(kit, filter))
    // A bound is that of the partition in which it lies.
    const end = upTo !== undefined && partOf(upTo) === index ? { upTo: upTo % stretch } : {}
    const ask = { filter, after: partOf(from) === index ? from % stretch : 0, limit, ...end }
    const found = await partAt(kit, index).call((store) => store.bulk.page(ask))
    const goesOn = found.isEnd && index < last
    from = goesOn ? deathIn(index + 1, 0) : deathIn(index, found.to)
    if (goesOn && found.jobs.length === 0) continue
    const jobs = found.jobs.map(({ id, death }) => ({ id, death: deathIn(index, death) }))
    for (const { id } of jobs) kit.ids.note(id, index)
    return { jobs, to: from, isEnd: found.isEnd && !goesOn }
  }
}

/** The jobs of a queue with a home are nowhere else. */
const homeFor = ({ places }: Kit, { queue }: DeadFilter): number | undefined =>
  queue === undefined || places.isSpread(queue) ? undefined : places.homeOf(queue)
const firstFor = (kit: Kit, filter: DeadFilter): number => homeFor(kit, filter) ?? 0
const lastFor = (kit: Kit, filter: DeadFilter): number => homeFor(kit, filter) ?? kit.places.count - 1

/**
 * A step is taken in the partition of its jobs; where it goes on to a later one, those before it are at their end. Each of these
 * writes is a step of its own, and whoever dies between them leaves an operation that goes on where it was.
 */
async function step(kit: Kit, pieces: readonly Piece[], one: BulkStep): Promise<BulkStepped> {
  const before = merged(pieces)
  const first = pieces.indexOf(present(pieces))
  if (one.from !== before.cursor) return { outcome: 'stale', bulk: before }
  const at = one.jobs[0]
    ? pieces.findIndex(({ part }) => part.index === partOf(one.jobs[0]?.death ?? 0))
    : first
  const now = [...pieces]
  for (let i = first; i < at; i++) {
    const { outcome, bulk } = await endPiece(now, i, one)
    if (outcome !== 'applied' || bulk?.state !== 'done') return { outcome, bulk: merged(now) }
  }
  const { part, bulk } = now[at] as Piece
  const left = bulk.limit === undefined ? Infinity : bulk.limit - before.done
  // What has died since its start is none of its business.
  const due = one.jobs.filter(({ death }) => death % stretch <= bulk.upTo)
  const isAll = due.length === one.jobs.length
  // What other partitions have done counts for the limit too.
  const kept = due.slice(0, left)
  const isOver = left <= kept.length
  const { jobs, failed } = await staying(kit, part, kept)
  const isLast = isOver || one.isEnd === true
  const { outcome, bulk: after } = await part.call((store) =>
    store.bulk.step({
      ...one,
      from: bulk.cursor,
      to: endOf(one, { part, bulk, last: kept.at(-1)?.death, isCut: kept.length < one.jobs.length }),
      jobs: jobs.map((job) => ({ ...job, death: job.death % stretch })),
      failed: (one.failed ?? 0) + failed,
      isEnd: isLast || !isAll || partOf(one.to) !== part.index,
    }),
  )
  if (!after) return { outcome }
  now[at] = { part, bulk: after }
  if (outcome === 'applied') for (let i = at + 1; isLast && i < now.length; i++) await endPiece(now, i, one)
  if (outcome === 'applied' && after.state === 'done') await handOver(now, one)
  return { outcome, bulk: merged(now) }
}

/** Where a step ends in its partition. */
function endOf(
  { from, to }: BulkStep,
  how: {
    readonly part: Part
    readonly bulk: Bulk
    readonly last: Death | undefined
    readonly isCut: boolean
  },
): Death {
  if (how.isCut) return (how.last ?? from) % stretch
  if (partOf(to) === how.part.index) return Math.max(how.bulk.cursor, to % stretch)
  return partOf(to) > how.part.index ? how.bulk.upTo : how.bulk.cursor
}

/** Nothing is left to do in this partition. */
async function endPiece(pieces: Piece[], i: number, { id, driver }: BulkStep): Promise<BulkStepped> {
  const { part, bulk } = pieces[i] as Piece
  if (!isOpen(bulk.state)) return { outcome: 'applied', bulk }
  const { cursor } = bulk
  const stepped = await part.call((store) =>
    store.bulk.step({ id, driver, from: cursor, to: cursor, jobs: [], isEnd: true }),
  )
  if (stepped.bulk) pieces[i] = { part, bulk: stepped.bulk }
  return stepped
}

/** The next partition's part of an operation that needs code goes on with the driver that has it. */
async function handOver(pieces: Piece[], { id, driver }: BulkStep): Promise<void> {
  const i = pieces.indexOf(present(pieces))
  const { part, bulk } = pieces[i] as Piece
  if (bulk.state === 'done' || bulk.needsCode !== true) return
  const now = await part.call((store) => store.bulk.set({ id, to: 'running', by: bulk.by, driver }))
  if (now) pieces[i] = { part, bulk: now }
}

/** An edit that gives a job of a spread queue a key of another partition leaves it dead. */
async function staying(kit: Kit, part: Part, jobs: BulkStep['jobs']) {
  const moved = jobs.filter(
    ({ key }) => key && kit.places.hasSpread && kit.places.ofKey(key.to) !== part.index,
  )
  if (moved.length === 0) return { jobs, failed: 0 }
  const found = await part.call((store) => store.get(moved.map(({ id }) => id)))
  const bad = new Set(found.flatMap((job) => (job && kit.places.isSpread(job.queue) ? [job.id] : [])))
  const kept = jobs.filter(({ id }) => !bad.has(id))
  return { jobs: kept, failed: jobs.length - kept.length }
}

/** Stops and resumes what is left of it; the answer is as of one. */
async function set(
  setting: BulkSetting,
  read: (id: string) => Promise<readonly Piece[]>,
): Promise<Bulk | undefined> {
  const pieces = await read(setting.id)
  if (pieces.length === 0) return undefined
  const open = pieces.filter(({ bulk }) => bulk.state !== 'done')
  // One after the other, so that the audit log has them in order.
  for (const { part } of open.length > 0 ? open : pieces.slice(-1))
    await part.call((store) => store.bulk.set(setting))
  return merged(await read(setting.id))
}

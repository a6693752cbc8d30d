import { InvalidOption } from '../../job/errors.ts'
import type { Job } from '../../job/job.ts'
import { allStates, type State } from '../../job/state.ts'
import type { Count, Found, Store, Where, WorkerView } from '../../store/index.ts'
import { homePart, type Kit } from './kit.ts'
import { baseOf } from './member.ts'
import { place as standing } from './opening.ts'
import { all, most, type Part } from './part.ts'

/** A job as others see it: its worker under the one name that all partitions share. */
export function shown(job: Job): Job {
  const { worker, attempts } = job
  const isPlain = !worker?.includes('~') && !attempts?.some((one) => one.worker.includes('~'))
  if (isPlain) return job
  return {
    ...job,
    ...(worker !== undefined && { worker: baseOf(worker) }),
    ...(attempts && { attempts: attempts.map((one) => ({ ...one, worker: baseOf(one.worker) })) }),
  }
}

export async function get(kit: Kit, ids: readonly string[], options?: Parameters<Store['get']>[1]) {
  const jobs = await kit.ids.ask<string, Job | undefined>(ids, {
    idOf: (id) => id,
    ask: (store, some) => store.get(some, options),
    isMissing: (job) => job === undefined,
  })
  return jobs.map((job) => job && shown(job))
}

/** Where a page of each partition goes on: '' from its beginning, `null` it is at its end. */
type Cursors = readonly (string | null)[]

/** As one word, for people hand it to a command. */
const written = (cursors: Cursors): string => Buffer.from(JSON.stringify(cursors)).toString('base64url')

function read(cursor: string, count: number): Cursors {
  try {
    const found: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const isOurs = Array.isArray(found) && found.length === count
    if (isOurs && found.every((one): one is string | null => one === null || typeof one === 'string'))
      return found
  } catch {
    // What it is not is said below.
  }
  throw new InvalidOption('cursor', cursor, 'that of the page before')
}

/** The newest of all partitions. Each page asks again for as much of each as it shows, so that no cursor is beyond it. */
export async function find(
  kit: Kit,
  where: Where,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<Found> {
  const single = where.queue !== undefined && !kit.places.isSpread(where.queue)
  if (single && where.queue !== undefined) {
    const page = { limit, ...(cursor !== undefined && { cursor }) }
    const found = await homePart(kit, where.queue).call((store) => store.find(where, page))
    return { ...found, jobs: found.jobs.map(shown) }
  }
  const from: Cursors = cursor === undefined ? kit.parts.map(() => '') : read(cursor, kit.parts.length)
  const asked = kit.parts.filter(({ index }) => from[index] !== null)
  const pages = await all(asked, async (store, { index }) => ({
    index,
    found: await store.find(where, pageFrom(from[index], limit)),
  }))
  const newest = inOrder(pages.map(({ found }) => found.jobs)).slice(0, limit)
  const used = pages.map((_, i) => newest.filter(({ list }) => list === i).length)
  const next = [...from]
  const shownPages = await Promise.all(
    pages.map(async ({ index, found }, i) => {
      const n = used[i] ?? 0
      if (n === 0 && found.jobs.length > 0) return []
      const isWhole = n === found.jobs.length
      const part = kit.parts[index] as Part
      const mine = isWhole ? found : await part.call((store) => store.find(where, pageFrom(from[index], n)))
      next[index] = mine.cursor ?? null
      return mine.jobs
    }),
  )
  const jobs = inOrder(shownPages).map(({ job }) => shown(job))
  const isEnd = next.every((one) => one === null)
  return { jobs, ...(!isEnd && { cursor: written(next) }) }
}

/** The newest first, and those of one list as they are in it: clocks are set back. */
function inOrder(lists: readonly (readonly Job[])[]): { readonly job: Job; readonly list: number }[] {
  const at = lists.map(() => 0)
  const merged: { readonly job: Job; readonly list: number }[] = []
  for (;;) {
    let list = -1
    for (const [i, jobs] of lists.entries()) {
      const [mine, best] = [jobs[at[i] ?? 0], lists[list]?.[at[list] ?? 0]]
      if (mine && (!best || mine.createdAt > best.createdAt)) list = i
    }
    const job = lists[list]?.[at[list] ?? 0]
    if (!job) return merged
    at[list] = (at[list] ?? 0) + 1
    merged.push({ job, list })
  }
}

const pageFrom = (cursor: string | null | undefined, limit: number) => ({
  limit,
  ...(cursor && { cursor }),
})

export async function counts(kit: Kit, queues?: readonly string[]): Promise<readonly Count[]> {
  const indexes = queues ? kit.places.hosts(queues) : undefined
  const parts = indexes ? kit.parts.filter(({ index }) => indexes.includes(index)) : kit.parts
  const rows = await all(parts, (store) => store.counts(queues))
  const merged = new Map<string, Count>()
  for (const row of rows.flat()) {
    if (row.queue === standing) continue
    const known = merged.get(row.queue)
    merged.set(row.queue, known ? both(known, row) : row)
  }
  return [...merged.values()].sort((a, b) => (a.queue < b.queue ? -1 : 1))
}

function both(a: Count, b: Count): Count {
  const states = Object.fromEntries(
    allStates.map((state) => [state, a.states[state] + b.states[state]]),
  ) as Record<State, number>
  const oldest = Math.min(a.oldestReadyAt ?? Infinity, b.oldestReadyAt ?? Infinity)
  return { ...b, ...a, states, ...(oldest < Infinity && { oldestReadyAt: oldest }) }
}

/** One row a worker, whatever it is called in each partition. Each of them knows all workers. */
export async function workers(kit: Kit): Promise<readonly WorkerView[]> {
  const merged = new Map<string, WorkerView>()
  const told = await most(kit.parts, (store) => store.workers())
  for (const view of told.flatMap(({ answer }) => answer)) {
    const id = baseOf(view.id)
    const known = merged.get(id)
    merged.set(id, known ? oneOf(known, view) : { ...view, id })
  }
  return [...merged.values()].sort((a, b) => a.startedAt - b.startedAt)
}

const oneOf = (a: WorkerView, b: WorkerView): WorkerView => ({
  ...a,
  ...((a.ending ?? b.ending) && { ending: true as const }),
  startedAt: Math.min(a.startedAt, b.startedAt),
  beatAt: Math.max(a.beatAt, b.beatAt),
  leaseEndsAt: Math.max(a.leaseEndsAt, b.leaseEndsAt),
  running: a.running + b.running,
})

import type { Clock } from '../job/clock.ts'
import type { Job } from '../job/job.ts'
import { headerOf } from '../job/wrapper.ts'
import type { Store } from '../store/index.ts'
import { ownerOf, type Shelf } from './blobs.ts'

/** Blobs that one sweep looks at. */
const pageMax = 500
const idsMax = 100
/** Between two sweeps of one process. */
const everyMs = 60_000

/** Deletes blobs that no job refers to and that are older than the grace; a page at a time, where the last one ended. */
export interface Sweeper {
  /** Resolves with the number of blobs deleted. */
  sweep(): Promise<number>
}

/**
 * A blob is written before its job, so a young one may belong to a job that is on its way; the grace is longer than
 * any enqueue. Its key names its job, so nothing has to be searched for.
 */
export function sweeper(store: Store, { blobs, graceMs }: Shelf, clock: Clock): Sweeper {
  let cursor: string | undefined
  return {
    async sweep() {
      const page = await blobs.list({ limit: pageMax, ...(cursor !== undefined && { cursor }) })
      cursor = page.cursor
      const before = clock.now() - graceMs
      const old = page.blobs.filter(({ modifiedAt }) => modifiedAt < before).map(({ key }) => key)
      let deleted = 0
      for (let i = 0; i < old.length; i += idsMax) {
        const unused = await unusedOf(store, old.slice(i, i + idsMax))
        await blobs.delete(unused)
        deleted += unused.length
      }
      return deleted
    },
  }
}

/** Sweeps now and then until the answer is called; a blob store that is away is tried again later. */
export function keepSweeping(one: Sweeper, clock: Clock): () => Promise<void> {
  let isOver = false
  let turning: Promise<unknown> = Promise.resolve()
  const turn = async (): Promise<void> => {
    await one.sweep().catch(() => undefined)
    if (!isOver) plan()
  }
  let stop = (): void => {}
  const plan = (): void => {
    stop = clock.after(everyMs, () => void (turning = turn()), { idle: true })
  }
  plan()
  return async () => {
    isOver = true
    stop()
    await turning
  }
}

async function unusedOf(store: Store, keys: readonly string[]): Promise<string[]> {
  const owners = keys.map(ownerOf)
  const ids = [...new Set(owners.filter((id) => id !== undefined))]
  const jobs = new Map((await store.get(ids)).map((job, i) => [ids[i] as string, job]))
  return keys.filter((key, i) => {
    const id = owners[i]
    // What is not ours stays, whatever it does in this folder.
    return id === undefined ? isUnfinished(key) : !refersTo(jobs.get(id), key)
  })
}

/** A file that was never renamed to its place: its writer was killed. */
const isUnfinished = (key: string): boolean =>
  /^[0-9a-f]{2}\/[\w\-/]+\.[0-9a-f]{24}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/.test(key)

const refersTo = (job: Job | undefined, key: string): boolean =>
  job !== undefined &&
  [job.payload, job.result].some((text) => text !== undefined && headerOf(text)?.blob?.key === key)

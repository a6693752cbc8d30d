import { LegworkError } from '../job/errors.ts'
import type { Job } from '../job/job.ts'
import { headerOf } from '../job/wrapper.ts'
import type { PayloadChange, Store } from '../store/index.ts'
import { resealed } from './box.ts'
import type { Keyring } from './keys.ts'

/** What came of a walk that seals the keys of jobs with the active key. Jobs that are not encrypted are only looked at. */
export interface Rekeyed {
  /** Jobs that were looked at. */
  readonly looked: number
  /** Sealed anew; in a dry run, to be sealed anew. */
  readonly rekeyed: number
  /** Sealed with the active key already. */
  readonly current: number
  /** Jobs whose key is not here, by its name; and those that do not open, under `damaged`. They stay as they are. */
  readonly missing: Readonly<Record<string, number>>
  /** False when the signal ended it; another call goes on where it was. */
  readonly done: boolean
}

export interface RekeyOptions {
  /** Only counts. */
  readonly dryRun?: boolean
  /** Ends it after the batch that is under way. */
  readonly signal?: AbortSignal
  /** Told after each batch. */
  readonly onProgress?: (soFar: Rekeyed) => void
}

/** A payload may have a megabyte, and a batch is held in memory. */
const batchMax = 100
/** A payload that was changed meanwhile is looked at again, and not for ever. */
const triesMax = 5

/**
 * Walks all jobs, waiting, running and kept ones, and seals their keys with the active key. Safe under load and at any
 * number of times at once: each payload is a compare-and-set, and the place is kept with the store.
 * @throws {LegworkError} LW1601, LW1602.
 */
export async function rekey(
  store: Store,
  keyring: Keyring,
  { dryRun = false, signal, onProgress }: RekeyOptions,
): Promise<Rekeyed> {
  const { active } = await keyring.ring()
  const walk = `rekey:${active}`
  let sum: Rekeyed = { looked: 0, rekeyed: 0, current: 0, missing: {}, done: false }
  let cursor = dryRun ? undefined : await store.payloads.placeOf(walk)
  do {
    if (signal?.aborted) return sum
    const page = await store.find({}, { limit: batchMax, ...(cursor !== undefined && { cursor }) })
    const seen: Rekeyed[] = await Promise.all(page.jobs.map((job) => look(store, job, { keyring, dryRun })))
    sum = seen.reduce(plus, sum)
    cursor = page.cursor
    if (!dryRun) await store.payloads.keepPlace(walk, cursor ?? null)
    onProgress?.(sum)
  } while (cursor !== undefined)
  return { ...sum, done: true }
}

const one: Rekeyed = { looked: 1, rekeyed: 0, current: 0, missing: {}, done: false }

async function look(
  store: Store,
  job: Job,
  { keyring, dryRun }: { readonly keyring: Keyring; readonly dryRun: boolean },
): Promise<Rekeyed> {
  let now: Job | undefined = job
  for (let tries = 0; now && tries < triesMax; tries++) {
    const kid = headerOf(now.payload)?.key?.kid
    if (kid === undefined) return one
    try {
      const again = await resealed(now, now.payload, keyring)
      if (!again) return { ...one, current: 1 }
      if (dryRun || (await swap(store, { id: now.id, was: now.payload, now: again.payload })))
        return { ...one, rekeyed: 1 }
    } catch (error) {
      const code = error instanceof LegworkError ? error.code : undefined
      if (code === 'LW2601') return { ...one, missing: { [kid]: 1 } }
      if (code === 'LW2602') return { ...one, missing: { damaged: 1 } }
      throw error
    }
    now = (await store.get([now.id]))[0]
  }
  return one
}

/** Calls of one turn share a commit. */
const swap = async (store: Store, change: PayloadChange): Promise<boolean> =>
  (await store.payloads.replace([change]))[0] === 'done'

function plus(a: Rekeyed, b: Rekeyed): Rekeyed {
  const missing = { ...a.missing }
  for (const [kid, n] of Object.entries(b.missing)) missing[kid] = (missing[kid] ?? 0) + n
  return {
    looked: a.looked + b.looked,
    rekeyed: a.rekeyed + b.rekeyed,
    current: a.current + b.current,
    missing,
    done: false,
  }
}

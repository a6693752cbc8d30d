import { kill } from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import type { Job, Store } from 'legwork/store'
import type { Killed } from './notes.ts'
import { importAreas } from './tasks.ts'
import type { Until } from './until.ts'

/** A worker process, frozen in the middle of its jobs. */
export interface Victim extends Omit<Killed, 'againMs'> {
  readonly attempts: ReadonlyMap<string, number>
}

/**
 * Kills, with SIGKILL, the worker that runs the import, as soon as it runs `least()` jobs.
 * It is stopped first, so that what it runs can be written down exactly; one that runs too little goes on.
 */
export async function killImporter(
  store: Store,
  until: Until,
  least: () => number | undefined,
): Promise<Victim> {
  const victim = await until('a worker is busy half-way through the import', () => freeze(store, least()))
  kill(victim.pid, 'SIGKILL')
  return victim
}

async function freeze(store: Store, least: number | undefined): Promise<Victim | undefined> {
  const worker = (await running(store)).find((job) => job.task === importAreas.name)?.worker
  const held = async () => (await running(store)).filter((job) => job.worker === worker)
  const pid = (await store.workers()).find(({ id }) => id === worker)?.pid
  if (least === undefined || worker === undefined || pid === undefined) return undefined
  if ((await held()).length < least) return undefined
  kill(pid, 'SIGSTOP')
  const jobs = await settled(held)
  if (jobs.length >= least && jobs.some((job) => job.task === importAreas.name)) {
    return {
      pid,
      worker,
      jobs: jobs.map(({ id }) => id),
      attempts: new Map(jobs.map(({ id, attempt }) => [id, attempt])),
    }
  }
  kill(pid, 'SIGCONT')
  return undefined
}

/** What a frozen process had asked of a server is still done: looks until nothing has changed for half a second. */
async function settled(look: () => Promise<readonly Job[]>): Promise<readonly Job[]> {
  let jobs = await look()
  for (let same = 0; same < 5; ) {
    await pause(100)
    const next = await look()
    same = idsOf(next) === idsOf(jobs) ? same + 1 : 0
    jobs = next
  }
  return jobs
}

const idsOf = (jobs: readonly Job[]): string =>
  jobs
    .map(({ id, attempt }) => `${id} ${attempt}`)
    .sort()
    .join()

const running = async (store: Store): Promise<readonly Job[]> =>
  (await store.find({ states: ['running'] }, { limit: 200 })).jobs

/** True when every job that the victim was running has been started again. */
export async function allRanAgain(store: Store, { attempts }: Victim): Promise<boolean> {
  const jobs = await store.get([...attempts.keys()])
  return jobs.every((job) => job !== undefined && job.attempt > (attempts.get(job.id) ?? 0))
}

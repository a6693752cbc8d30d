import { readdir } from 'node:fs/promises'
import type { Job, Store } from 'legwork/store'
import { customers } from './people.ts'
import type { Places } from './places.ts'
import { rowsImported, type ShopDb } from './shop.ts'
import { photoCount } from './supplies.ts'

/** What can be seen of the shop at one moment. */
export interface Glance {
  readonly mails: Portion
  readonly thumbs: Portion
  readonly rows: Portion
  readonly retries: number
  readonly losses: number
  readonly dead: number
}
export interface Portion {
  readonly done: number
  readonly of: number
}

export interface Window {
  readonly places: Places
  readonly store: Store
  readonly db: ShopDb
  readonly rowCount: number
}

export async function glance({ places, store, db, rowCount }: Window): Promise<Glance> {
  const jobs = await allJobs(store)
  const sum = (count: (job: Job) => number) => jobs.reduce((total, job) => total + count(job), 0)
  const files = async (folder: string, ending: string) =>
    (await readdir(folder)).filter((name) => name.endsWith(ending) && !name.startsWith('.')).length
  return {
    mails: { done: await files(places.inbox, '.eml'), of: customers.length },
    thumbs: { done: await files(places.thumbs, '.jpeg'), of: photoCount },
    rows: { done: rowsImported(db, 'areas.csv'), of: rowCount },
    // Runs after the first that no lost worker made necessary.
    retries: sum(({ attempt, losses }) => Math.max(0, attempt - 1 - losses)),
    losses: sum((job) => job.losses),
    dead: sum((job) => (job.state === 'dead' ? 1 : 0)),
  }
}

/** Every job in the store, page by page. */
export async function allJobs(store: Store): Promise<readonly Job[]> {
  const jobs: Job[] = []
  let cursor: string | undefined
  do {
    const page = await store.find({}, { limit: 200, ...(cursor && { cursor }) })
    jobs.push(...page.jobs)
    cursor = page.cursor
  } while (cursor)
  return jobs
}

import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { InvalidOption, type LegworkError, StoreError } from '../job/errors.ts'
import { shown, shownAttempt, shownProgress } from '../job/shown.ts'
import { fileOf, mask, openStore } from '../open-store.ts'
import type { Store } from '../store/index.ts'
import type { Common } from './command.ts'

/** Which store a command works on, and who said so. */
export interface Place {
  readonly url: string
  readonly from: '--url' | 'LEGWORK_URL' | 'default'
  /** The absolute path, where the store is a file. */
  readonly file?: string
}

/** `--url`, else `LEGWORK_URL`, else `./.legwork/jobs.db`. */
export function placeOf({ url }: Common): Place {
  const env = process.env['LEGWORK_URL']
  if (url) return place(url, '--url')
  return env ? place(env, 'LEGWORK_URL') : place('./.legwork/jobs.db', 'default')
}

function place(url: string, from: Place['from']): Place {
  const path = fileOf(url)
  return { url, from, ...(path !== undefined && { file: resolve(path) }) }
}

/** For people: the URL without its password, and where it comes from. */
export const showPlace = ({ url, from, file }: Place): string =>
  `${file ?? mask(url)}${from === 'default' ? '' : ` (from ${from})`}`

/**
 * Refuses a store that cannot hold what the command looks for: a file that is not there would be made empty, as
 * likely as not in the wrong folder, and a store in memory belongs to the process that made it.
 * @throws {StoreError} LW1002. @throws {InvalidOption} LW1201.
 */
export function mustBeThere(place: Place): void {
  if (/^memory:/i.test(place.url))
    throw new InvalidOption(
      place.from,
      place.url,
      'a store that outlives its process; memory: would be empty here',
    )
  if (place.file === undefined || existsSync(place.file)) return
  throw new StoreError(
    'LW1002',
    `there is no store at ${showPlace(place)}. ${whoMakesIt}; or name another one with --url.`,
    { ...place },
  )
}

export const whoMakesIt = 'The first enqueue, worker or legwork migrate makes it'

export const notOurs = 'it holds nothing of Legwork; enqueue, worker or legwork migrate would set it up'

/**
 * Opens the store of a command that only reads or acts, hands it over, and closes it. It sets nothing up: the
 * file may be a database of somebody else's. @throws {StoreError} LW1011 where the schema is missing or older.
 */
export async function withStore<T>(
  options: Common,
  /** `whole` reads jobs as they are stored: for what is not shown. */
  use: (store: Store, place: Place, whole: Store) => Promise<T>,
): Promise<T> {
  const place = placeOf(options)
  mustBeThere(place)
  const store = await openStore(place.url, { migrate: 'never' })
  try {
    await open(store, place)
    return await use(forPeople(store), place, store)
  } finally {
    await store.close()
  }
}

/** The store as commands may show it: whatever they read of jobs has its hidden parts hidden. */
export const forPeople = (store: Store): Store => ({
  ...store,
  get: async (ids, options) => (await store.get(ids, options)).map((job) => job && shown(job)),
  async find(where, page) {
    const found = await store.find(where, page)
    return { ...found, jobs: found.jobs.map(shown) }
  },
  async changes(since) {
    const { items, running, ...rest } = await store.changes(since)
    return {
      ...rest,
      items: items.map((one) =>
        one.kind === 'ended' ? { ...one, attempt: shownAttempt(one.attempt) } : one,
      ),
      running: running.map((one) => (one.progress ? { ...one, progress: shownProgress(one.progress) } : one)),
    }
  },
})

async function open(store: Store, place: Place): Promise<void> {
  try {
    await store.open()
  } catch (error) {
    const { code, details } = error as Partial<LegworkError>
    if (code !== 'LW1011' || details?.['version'] !== 0) throw error
    throw new StoreError('LW1011', `${showPlace(place)} is not a Legwork store: ${notOurs}.`, details, {
      cause: error,
    })
  }
}

/** Who acts, for the store's audit log. */
export function actor(tool = 'cli'): string {
  try {
    return `${userInfo().username} (${tool})`
  } catch {
    return tool
  }
}

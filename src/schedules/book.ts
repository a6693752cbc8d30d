import { checkScheduleName } from '../define/schedule.ts'
import { nearest, Refused, UnknownThing } from '../job/errors.ts'
import type { Instant } from '../job/job.ts'
import { backfillName, type Schedule } from '../job/schedule.ts'
import type { ScheduleChange, Store } from '../store/index.ts'

/** The schedules of a store, as those see them who look one up and change it. */
export interface Book {
  open(): Promise<Store>
  /** By the store's clock. */
  now(store: Store): Promise<Instant>
  /** @throws {UnknownThing} LW2303 */
  need(store: Store, name: string): Promise<Schedule>
  find(store: Store, name: string): Promise<Schedule | undefined>
  /** Every schedule, those of backfills and of code that is gone too. */
  all(store: Store): Promise<readonly Schedule[]>
  backfills(store: Store, name?: string, id?: string): Promise<readonly Schedule[]>
  /** Tries again while others come between; false when there is nothing to do. @throws {Refused} LW2304 */
  change(
    name: string,
    decide: (store: Store, now: Instant) => Promise<ScheduleChange | undefined>,
  ): Promise<boolean>
  /** The first answer that is one; a schedule of every second moves every second. @throws {Refused} LW2304 */
  insist<T>(name: string, attempt: () => Promise<T | undefined>): Promise<T>
}

const triesMax = 20
const pageSize = 1_000

export function scheduleBook(kit: { open(): Promise<Store>; wake(): void }): Book {
  const book: Book = {
    open: kit.open,
    now: async (store) => (await store.schedules.due(0)).now,
    async find(store, name) {
      const [found] = await store.schedules.list({ names: [checkScheduleName(name)], limit: 1 })
      return found?.retiredAt === undefined ? found : undefined
    },
    async need(store, name) {
      const found = await book.find(store, name)
      if (found) return found
      const near = nearest(
        name,
        (await book.all(store)).filter(isOwn).map((one) => one.name),
      )
      const hint = near ? ` Did you mean ${near}?` : ' See: legwork schedules list.'
      throw new UnknownThing('LW2303', `there is no schedule ${name}.${hint}`, { name })
    },
    all: allOf,
    async backfills(store, name, id) {
      if (name !== undefined && id !== undefined)
        return store.schedules.list({ names: [backfillName(name, id)], limit: 1 })
      const found = await allOf(store)
      return found.filter(({ backfill }) => backfill && (name === undefined || backfill.of === name))
    },
    change: (name, decide) =>
      book.insist(name, async () => {
        const store = await kit.open()
        const wanted = await decide(store, await book.now(store))
        if (!wanted) return false
        const [answer] = await store.schedules.set([wanted])
        if (answer !== 'set') return undefined
        kit.wake()
        return true
      }),
    async insist(name, attempt) {
      for (let tries = 0; tries < triesMax; tries++) {
        const answer = await attempt()
        if (answer !== undefined) return answer
      }
      throw new Refused('LW2304', `schedule ${name} was changed by others all the time. Try again.`, { name })
    },
  }
  return book
}

/** A schedule that people see as one. */
export const isOwn = (one: Schedule): boolean => one.backfill === undefined && one.retiredAt === undefined

/** Every record, page by page. */
export async function allOf(store: Store): Promise<readonly Schedule[]> {
  const found: Schedule[] = []
  for (let after = ''; ; ) {
    const page = await store.schedules.list({ after, limit: pageSize })
    found.push(...page)
    after = page.at(-1)?.name ?? ''
    if (page.length < pageSize) return found
  }
}

type To = NonNullable<ScheduleChange['to']>

/** What a change takes over from a schedule as it is. */
export function bodyOf(schedule: Schedule): To {
  const { name: _n, revision: _v, fired: _f, running: _r, waiting: _w, ...body } = schedule
  return body
}

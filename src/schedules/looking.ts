import { slotsAfter } from '../calendar/slots.ts'
import { checkCount, checkKnown } from '../job/name.ts'
import { slotsMax } from '../job/schedule.ts'
import { type Book, isOwn } from './book.ts'
import type { ScheduleControl } from './control.ts'
import { historyOf, viewOf } from './view.ts'

/** What only looks at schedules. */
export const looking = (book: Book): Pick<ScheduleControl, 'list' | 'get' | 'next' | 'history'> => ({
  list: async () => (await book.all(await book.open())).filter(isOwn).map(viewOf),
  async get(name) {
    const found = await book.find(await book.open(), name)
    return found && viewOf(found)
  },
  async next(name, count = 5) {
    checkCount(count, 'count', 1, slotsMax)
    const store = await book.open()
    const { plan, cursorAt } = await book.need(store, name)
    const after = Math.max(cursorAt, await book.now(store))
    const limits = { limit: count, ...(plan.endAt !== undefined && { until: plan.endAt }) }
    return slotsAfter(plan.when, after, limits).map((at) => new Date(at))
  },
  async history(name, options = {}) {
    checkKnown(options, ['limit'], 'history option')
    const limit = checkCount(options.limit ?? 20, 'limit', 1, 200)
    const store = await book.open()
    await book.need(store, name)
    return (await store.schedules.history(name, limit)).map(historyOf)
  },
})

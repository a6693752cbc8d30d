import { toInstant } from '../define/schedule.ts'
import { InvalidOption } from '../job/errors.ts'
import type { Instant } from '../job/job.ts'
import { checkCount, checkKnown } from '../job/name.ts'
import { type BackfillFacts, backfillName, type Schedule } from '../job/schedule.ts'
import type { Book } from './book.ts'
import type { BackfillOptions, ControlKit, ScheduleControl } from './control.ts'
import { backfillOf } from './view.ts'

/** Slots of the past, run by order. A backfill is a record like a schedule's, so any worker goes on with it. */
export const backfilling = (
  kit: ControlKit,
  book: Book,
): Pick<ScheduleControl, 'backfill' | 'backfills' | 'cancelBackfill'> => ({
  async backfill(name, options) {
    const id = kit.newId()
    await book.change(name, async (store, now) => {
      const { plan, source } = await book.need(store, name)
      const backfill = toBackfill(name, options, now)
      // Due at once, until it is done.
      const to = { plan, source, createdAt: now, backfill, cursorAt: backfill.from - 1, nextAt: now }
      return { name: backfillName(name, id), revision: 0, to, order: { by: kit.by, verb: 'backfill' } }
    })
    return backfillOf((await book.backfills(await book.open(), name, id))[0] as Schedule)
  },
  backfills: async (name) => (await book.backfills(await book.open(), name)).map(backfillOf),
  cancelBackfill: (name, id) =>
    book.change(name, async (store) => {
      const [stored] = await book.backfills(store, name, id)
      if (!stored) return undefined
      const order = { by: kit.by, verb: 'cancel backfill' }
      return { name: stored.name, revision: stored.revision, to: null, order }
    }),
})

const known = ['to', 'concurrency', 'reprocess', 'from']

function toBackfill(name: string, options: BackfillOptions, now: Instant): BackfillFacts {
  const at = (option: string) => `backfill of ${name}: ${option}`
  checkKnown(options, known, at('option'))
  const from = toInstant(options.from, at('from'))
  const to = toInstant(options.to, at('to'))
  if (to > now)
    throw new InvalidOption(
      at('to'),
      options.to,
      'an instant that has passed; the schedule itself runs what comes',
    )
  if (to < from) throw new InvalidOption(at('to'), options.to, 'an instant that is not before its beginning')
  const { concurrency = 1, reprocess = 'none' } = options
  if (!['none', 'failed', 'all'].includes(reprocess))
    throw new InvalidOption(at('reprocess'), reprocess, 'none, failed or all')
  return {
    of: name,
    from,
    to,
    concurrency: checkCount(concurrency, at('concurrency'), 1, 1_000),
    reprocess,
  }
}

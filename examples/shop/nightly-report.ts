// The report of the day. A schedule asks for it; whichever worker is there fires the slot, once.
import { readFile } from 'node:fs/promises'
import { handler } from 'legwork'
import type { Store } from 'legwork/store'
import { allJobs } from './glance.ts'
import { customers } from './people.ts'
import { countsOf, type ShopDb } from './shop.ts'
import { nightlyReport } from './tasks.ts'
import type { Check } from './verify.ts'

export const reportName = 'nightly-report'

/** Counts what the shop has. */
export function writeReport(db: ShopDb) {
  return handler(nightlyReport, ({ schedule, log }) => {
    log.info(`the slot of ${schedule?.at.toISOString()}`)
    return countsOf(db)
  })
}

/** Tonight, for a demo, is two seconds from now: a cron expression of that second of the day. */
export function tonight(now: Date): { readonly cron: string; readonly at: string } {
  const at = new Date(Math.ceil(now.getTime() / 1_000) * 1_000 + 2_000)
  const cron = `${at.getUTCSeconds()} ${at.getUTCMinutes()} ${at.getUTCHours()} * * *`
  return { cron, at: at.toISOString().slice(11, 19) }
}

export const reportsIn = async (store: Store) =>
  (await allJobs(store)).filter(({ task }) => task === nightlyReport.name)

export const checkReport: Check = async ({ store, places }) => {
  const reports = await reportsIn(store)
  const [job] = reports
  const told = job?.result ?? 'nothing'
  // What the shop was given, not what its tables hold: the report was right when it was written.
  const areas = (await readFile(places.areas, 'utf8')).trimEnd().split('\n').length - 1
  const expected = JSON.stringify({ customers: customers.length, areas })
  return {
    proves: 'the nightly report was fired by its schedule, once, and tells what the shop has',
    problems: [
      ...(reports.length === 1 ? [] : [`${reports.length} reports instead of 1`]),
      ...(job?.schedule?.name === reportName ? [] : ['it is not of its schedule']),
      ...(told === expected ? [] : [`it tells ${told}, the shop was given ${expected}`]),
    ],
  }
}

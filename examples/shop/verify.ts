// Holds what the demo left behind against what it should have done. It looks only at the folder: the inbox,
// the thumbnails, the shop's tables, the jobs, and the notes of what was seen.
import { legwork } from 'legwork'
import type { Store } from 'legwork/store'
import { checkCounters, checkDeadLetter, checkLosses } from './verify-jobs.ts'
import { checkPoison } from './poster.ts'
import { checkReport } from './nightly-report.ts'
import { checkMails, checkRollbacks, checkRows, checkThumbs } from './verify-effects.ts'
import { type Notes, readNotes } from './notes.ts'
import { type Places, placesIn } from './places.ts'
import { openShop, type ShopDb } from './shop.ts'

/** One thing that was verified: a sentence that holds, or what is wrong with it. */
export interface Verdict {
  readonly name: string
  readonly proves: string
  /** Empty when it holds. */
  readonly problems: readonly string[]
}

export interface Outcome {
  readonly places: Places
  readonly notes: Notes
  readonly store: Store
  readonly db: ShopDb
}

export type Check = (outcome: Outcome) => Promise<Omit<Verdict, 'name'>>

const checks: Readonly<Record<string, Check>> = {
  mails: checkMails,
  rollbacks: checkRollbacks,
  thumbnails: checkThumbs,
  rows: checkRows,
  'dead letter': checkDeadLetter,
  losses: checkLosses,
  report: checkReport,
  poison: checkPoison,
  counters: checkCounters,
}

/** Verifies the outcome in a folder. A check that cannot even be made is a problem, too. */
export async function verify(folder: string): Promise<readonly Verdict[]> {
  const places = placesIn(folder)
  await using app = legwork(places.jobs)
  const db = await openShop(places.db)
  try {
    const outcome = { places, db, store: await app.store(), notes: await readNotes(places) }
    const verdicts: Verdict[] = []
    for (const [name, check] of Object.entries(checks))
      verdicts.push({ name, ...(await judge(check, outcome)) })
    return verdicts
  } finally {
    db.close()
  }
}

async function judge(check: Check, outcome: Outcome): Promise<Omit<Verdict, 'name'>> {
  try {
    return await check(outcome)
  } catch (error) {
    return { proves: '', problems: [`could not be verified: ${String(error)}`] }
  }
}

import { showMs } from '../job/duration.ts'
import type { Schedule } from '../job/schedule.ts'
import type { Finding, Store } from '../store/index.ts'
import { plural } from './table.ts'

/** Schedules that are looked at. */
const looked = 1_000
/** A slot that is so late is fired by nobody, and a cursor so far ahead was set by a clock that went back. */
const graceMs = 60_000

/** What `doctor` says about schedules; nothing where there are none. */
export async function scheduleFindings(store: Store, now: number): Promise<Finding[]> {
  const all = (await store.schedules.list({ limit: looked })).filter(
    ({ retiredAt }) => retiredAt === undefined,
  )
  if (all.length === 0) return []
  const found = all.flatMap((one) => findingOf(one, now) ?? [])
  const isWell: Finding = { about: 'schedules', value: plural(all.length, 'schedule'), verdict: 'good' }
  return found.length > 0 ? found : [isWell]
}

function findingOf({ name, problem, paused, nextAt, cursorAt }: Schedule, now: number): Finding | undefined {
  const warn = (note: string): Finding => ({ about: 'schedules', value: name, verdict: 'warn', note })
  if (problem) return warn(`${problem.code} ${problem.message}`)
  if (paused) return undefined
  if (nextAt !== undefined && now - nextAt > graceMs)
    return warn(`its slot is ${showMs(now - nextAt)} late: no live worker fires it; legwork worker FILE`)
  if (cursorAt - now > graceMs && nextAt !== undefined)
    return warn(
      `its slots are decided for ${showMs(cursorAt - now)} to come: the clock went back; it waits until then`,
    )
  return undefined
}

import { slotBefore, slotsAfter } from '../calendar/slots.ts'
import { InvalidOption, LegworkError } from '../job/errors.ts'
import type { Instant } from '../job/job.ts'
import { checkKnown, checkReason } from '../job/name.ts'
import { inRows, overlaps, roomOf, type Schedule, slotId, slotsMax } from '../job/schedule.ts'
import type { ScheduleChange, Store } from '../store/index.ts'
import { placed } from '../upkeep/reconcile-schedules.ts'
import { type Book, bodyOf } from './book.ts'
import type { ControlKit, ScheduleControl, Triggered, TriggerOptions } from './control.ts'

/** A person's hand on a schedule. */
export const steering = (
  kit: ControlKit,
  book: Book,
): Pick<ScheduleControl, 'pause' | 'resume' | 'trigger'> => ({
  async pause(name, reason = 'paused by the application') {
    const text = checkReason(reason, 'reason')
    const { by } = kit
    await book.change(name, async (store, now) => {
      const stored = await book.need(store, name)
      const { nextAt: _, ...body } = bodyOf(stored)
      const paused = { reason: text, by, at: stored.paused?.at ?? now }
      const order = { by, verb: 'pause', reason: text }
      return { name, revision: stored.revision, to: { ...body, paused }, order }
    })
  },
  async resume(name, options = {}) {
    checkKnown(options, ['catchUp'], 'resume option')
    await book.change(name, async (store, now) => {
      const stored = await book.need(store, name)
      if (!stored.paused) return undefined
      const order = { by: kit.by, verb: 'resume' }
      return { ...resumed(stored, now, options.catchUp === true), order }
    })
  },
  async trigger(name, options = {}) {
    checkKnown(options, ['overlap', 'input'], 'trigger option')
    const { overlap } = options
    if (overlap !== undefined && !overlaps.includes(overlap))
      throw new InvalidOption('overlap', overlap, overlaps.join(', '))
    const store = await book.open()
    return book.insist(name, async () => {
      const stored = await book.need(store, name)
      return triggerOnce(kit, store, { stored, options, now: await book.now(store) })
    })
  },
})

/** Without catching up, what the pause left out is noted and passed over. */
function resumed(stored: Schedule, now: Instant, catchUp: boolean): ScheduleChange {
  const { name, revision, fired, plan } = stored
  const { paused: _, ...body } = bodyOf(stored)
  if (catchUp) return { name, revision, to: placed(body, fired) }
  const until = Math.min(now, plan.endAt ?? Infinity)
  const left = slotsAfter(plan.when, stored.cursorAt, { until, limit: slotsMax })
  const [row] = inRows(left.map((at) => ({ at, reason: 'paused' as const })))
  const isMore = left.length === slotsMax
  const skipped = row ? [{ ...row, ...(isMore && { until, note: `at least ${slotsMax} slots` }) }] : []
  const to = placed({ ...body, cursorAt: Math.max(now, stored.cursorAt) }, fired)
  return { name, revision, to, skipped }
}

interface Triggering {
  readonly stored: Schedule
  readonly options: TriggerOptions
  readonly now: Instant
}

/** `undefined` when the schedule has moved meanwhile. */
async function triggerOnce(
  { jobs, newId }: ControlKit,
  store: Store,
  { stored, options, now }: Triggering,
): Promise<Triggered | undefined> {
  const { name, plan, revision } = stored
  const facts = { name, at: now, from: slotBefore(plan.when, now), isBackfill: false, isManual: true }
  const given = 'input' in options ? await jobs.given(plan.job, options.input) : {}
  const meant = { ...stored, plan: { ...plan, job: { ...plan.job, ...given } } }
  const job = await jobs.make(meant, facts, slotId(name, now, `!${newId()}`))
  const room = roomOf[options.overlap ?? plan.overlap]
  const [fired] = await store.schedules.fire([{ name, revision, slots: [{ facts, job }], skipped: [], room }])
  if (fired?.outcome !== 'fired') return undefined
  const [slot] = fired.slots
  if (!slot || slot.outcome === 'known')
    throw new LegworkError('LW1007', `the store gave no answer for ${job.id}.`)
  const { outcome, reason, id } = slot
  return { outcome, ...(reason && { reason }), ...(outcome !== 'skipped' && { job: id }) }
}

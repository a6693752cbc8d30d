import { declare, type ScheduleOptions } from '../define/schedule.ts'
import { InvalidOption, Refused } from '../job/errors.ts'
import type { Instant } from '../job/job.ts'
import type { Plan, Schedule } from '../job/schedule.ts'
import type { ScheduleChange, Store } from '../store/index.ts'
import { placed } from '../upkeep/reconcile-schedules.ts'
import type { Book } from './book.ts'
import type { ControlKit, ScheduleControl } from './control.ts'
import { viewOf } from './view.ts'

/** Schedules that are made and removed at run time. */
export const setting = (kit: ControlKit, book: Book): Pick<ScheduleControl, 'set' | 'remove'> => ({
  async set(name, options) {
    const declared = declare(name, options as ScheduleOptions, kit.now())
    if (typeof declared.input === 'function')
      throw new InvalidOption(
        `schedule ${name}: input`,
        declared.input,
        'a value: a function can be kept only by code, with app.schedule()',
      )
    const plan = { ...declared.frame, job: await kit.jobs.template(declared) }
    if (plan.job.payload === undefined)
      throw new InvalidOption(
        `schedule ${name}: task`,
        declared.task.name,
        'a task that hides nothing of its input: what is hidden is kept only by code, with app.schedule()',
      )
    await book.change(name, async (store, now) => {
      const [stored] = await store.schedules.list({ names: [name], limit: 1 })
      return { ...changeTo(name, plan, { stored, now }), order: { by: kit.by, verb: 'schedule' } }
    })
    return viewOf(await book.need(await book.open(), name))
  },
  remove: (name) =>
    book.change(name, async (store) => {
      const stored = await book.find(store, name)
      if (!stored) return undefined
      if (isDeclared(stored, await store.workers())) refuseCode(stored, 'remove')
      const backfills = await book.backfills(store, name)
      await store.schedules.set(
        backfills.map((one) => ({ name: one.name, revision: one.revision, to: null })),
      )
      return { name, revision: stored.revision, to: null, order: { by: kit.by, verb: 'unschedule' } }
    }),
})

/** An edit looks at no slot again, and none of the past. */
function changeTo(
  name: string,
  plan: Plan,
  { stored, now }: { readonly stored: Schedule | undefined; readonly now: Instant },
): ScheduleChange {
  if (plan.endAt !== undefined && plan.endAt <= now)
    throw new InvalidOption(`schedule ${name}: end`, new Date(plan.endAt), 'an instant to come', 'LW1223')
  const isLive = stored !== undefined && stored.retiredAt === undefined
  if (isLive) refuseCode(stored, 'set')
  const cursorAt = Math.max(stored?.cursorAt ?? 0, now, (plan.startAt ?? 0) - 1)
  const body = { plan, source: { kind: 'api' }, createdAt: stored?.createdAt ?? now, cursorAt } as const
  const paused = isLive ? stored.paused : undefined
  const to = placed({ ...body, ...(paused && { paused }) }, stored?.fired ?? 0)
  return { name, revision: stored?.revision ?? 0, to }
}

const isDeclared = ({ name, source }: Schedule, workers: Awaited<ReturnType<Store['workers']>>): boolean =>
  source.kind === 'code' && workers.some(({ schedules }) => schedules?.[name] !== undefined)

function refuseCode({ name, source }: Schedule, verb: string): void {
  if (source.kind === 'api') return
  throw new Refused(
    'LW2304',
    `schedule ${name} is declared by code, which would bring it back; ${verb} refused. Change the code, or: legwork schedules pause ${name}`,
    { name },
  )
}

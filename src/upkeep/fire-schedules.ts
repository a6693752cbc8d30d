import { slotsAfter } from '../calendar/slots.ts'
import type { Clock } from '../job/clock.ts'
import { showMs } from '../job/duration.ts'
import { LegworkError } from '../job/errors.ts'
import type { Instant } from '../job/job.ts'
import type { Logger } from '../job/logger.ts'
import { outage } from '../job/outage.ts'
import { inRows, type Problem, type Schedule, slotsMax } from '../job/schedule.ts'
import type { Fired, Firing, Store, WorkerView } from '../store/index.ts'
import { backfillFiring } from './backfill.ts'
import { firingOf, type MakeJob } from './schedule-slots.ts'

export interface FiringKit {
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  readonly makeJob: MakeJob
  /** What this process's code declares: name and digest. */
  readonly declared: Readonly<Record<string, string>>
  /** Brings the schedules of code and store together; now and then, for a release that has gone says nothing. */
  reconcile(): Promise<void>
  /** Between two looks when nothing rings and none is due. */
  readonly everyMs: number
}

/** Schedules that one look decides. */
const batch = 50
/** Nobody is told of a schedule that nobody here can fire before its slot is so late: others may be about to. */
const patienceMs = 10_000
/** With schedules of this process's own, and without. */
const reconcileEveryMs = { own: 30_000, none: 120_000 }
/** Looks that rings bring about, and looks at what is due and cannot be done yet. */
const soonMs = 1_000

/**
 * Makes jobs of the slots that are due, until the answer is called. Every process that works does it and none leads:
 * the store lets one of them move a schedule's cursor, and the others find the slot gone.
 */
export function keepFiring(kit: FiringKit): { wake(): void; stop(): Promise<void> } {
  const { store, clock } = kit
  const trouble = outage(kit, 'the schedules’ call')
  let isOver = false
  let turning: Promise<void> = Promise.resolve()
  let plannedAt = Infinity
  let stopTimer = (): void => {}
  const reconcileMs = reconcileEveryMs[Object.keys(kit.declared).length > 0 ? 'own' : 'none']
  let reconciledAt = clock.monotonic()
  const stopListening = store.listen(() => {
    if (plannedAt > clock.monotonic() + soonMs) plan(soonMs)
  })
  plan(0)

  function plan(ms: number): void {
    stopTimer()
    if (isOver) return
    plannedAt = clock.monotonic() + ms
    stopTimer = clock.after(ms, () => void (turning = turning.then(turn)), { idle: true })
  }

  async function turn(): Promise<void> {
    // Rings that come while this looks are heard again after it.
    plannedAt = Infinity
    let waitMs = kit.everyMs
    try {
      if (clock.monotonic() - reconciledAt >= reconcileMs) {
        reconciledAt = clock.monotonic()
        await kit.reconcile()
      }
      do waitMs = Math.min(kit.everyMs, await fireDue(kit))
      while (waitMs === 0 && !isOver)
      trouble.answered()
    } catch (error) {
      trouble.failed(error)
      waitMs = soonMs
    }
    plan(Math.min(waitMs, Math.max(0, plannedAt - clock.monotonic())))
  }

  return {
    wake: () => plan(0),
    async stop() {
      isOver = true
      stopTimer()
      stopListening()
      await turning
    },
  }
}

/** One look: how long, in milliseconds, until the next one is worth it. */
async function fireDue(kit: FiringKit): Promise<number> {
  const { store } = kit
  const { now, schedules, nextDueAt = Infinity } = await store.schedules.due(batch)
  const waitMs = Math.max(1, nextDueAt - now)
  if (schedules.length === 0) return waitMs
  const workers = (await store.workers()).filter((worker) => worker.leaseEndsAt > now)
  const firings: Firing[] = []
  for (const schedule of schedules) {
    const firing = await decide(kit, schedule, { now, workers })
    if (firing) firings.push(firing)
  }
  const answers = firings.length > 0 ? await store.schedules.fire(firings) : []
  tell(kit, firings, answers)
  // Where nothing could be done, or somebody else did it, a moment later is soon enough.
  const moved = answers.some(({ outcome }) => outcome === 'fired')
  return moved ? 0 : Math.min(waitMs, soonMs)
}

function tell({ log }: FiringKit, firings: readonly Firing[], answers: readonly Fired[]): void {
  for (const [i, { name, skipped }] of firings.entries()) {
    if (answers[i]?.outcome !== 'fired') continue
    for (const { at, note } of skipped.filter(({ reason }) => reason === 'invalid'))
      log.error(
        { code: 'LW2103', schedule: name, at },
        `LW2103 schedule ${name}: the slot of ${new Date(at).toISOString()} has no job: ${note ?? ''}`,
      )
  }
}

interface Around {
  readonly now: Instant
  readonly workers: readonly WorkerView[]
}

/** What to write for one schedule; `undefined` where this process can do nothing for it now. */
async function decide(kit: FiringKit, schedule: Schedule, around: Around): Promise<Firing | undefined> {
  const found = obstacle(kit, schedule, around)
  if (found === 'theirs') return undefined
  if (found) return stuck(kit, schedule, { ...around, ...found })
  try {
    const { backfill } = schedule
    const firing = backfill
      ? await backfillFiring(kit.store, { ...schedule, backfill }, kit.makeJob)
      : await firingOf(schedule, around.now, kit.makeJob)
    if (!schedule.problem) return firing
  } catch (error) {
    // A calendar that was good where it was set, and is not here.
    if (!(error instanceof LegworkError) && !(error instanceof RangeError)) throw error
    return stuck(kit, schedule, { ...around, code: 'LW2102', message: error.message })
  }
  // It is well again; the next look fires it.
  await mark(kit, schedule, undefined)
  return undefined
}

type Obstacle = Pick<Problem, 'code' | 'message'>

/** Why nobody, or only somebody else, can fire this schedule now. */
function obstacle(
  { declared }: FiringKit,
  { name, source, plan, backfill, nextAt = 0 }: Schedule,
  { now, workers }: Around,
): Obstacle | 'theirs' | undefined {
  const of = backfill?.of ?? name
  if (source.kind === 'code' && declared[of] !== source.digest) {
    const isTheirs = workers.some(({ schedules }) => schedules?.[of] === source.digest)
    if (isTheirs || now - nextAt < patienceMs) return 'theirs'
    return { code: 'LW2106', message: 'no live worker declares it' }
  }
  if (workers.some(({ tasks }) => tasks.includes(plan.job.task))) return undefined
  return { code: 'LW2101', message: `no live worker has a handler for task ${plan.job.task}` }
}

/** Shows the problem. Slots wait as long as they may run late; then they are skipped. */
async function stuck(
  kit: FiringKit,
  schedule: Schedule,
  { now, code, message }: Around & Obstacle,
): Promise<Firing | undefined> {
  if (schedule.problem?.code !== code) {
    await mark(kit, schedule, { code, message, at: now })
    return undefined
  }
  if (code === 'LW2102' || schedule.backfill) return undefined
  const { plan, name, revision, cursorAt } = schedule
  const until = now - plan.missed.withinMs - 1
  const gone = slotsAfter(plan.when, cursorAt, { until, limit: slotsMax })
  const last = gone.at(-1)
  if (last === undefined) return undefined
  return {
    name,
    revision,
    cursor: { to: last, nextAt: schedule.nextAt ?? last },
    slots: [],
    skipped: inRows(gone.map((at) => ({ at, reason: 'invalid' as const }))).map((row) => ({
      ...row,
      note: `${code} ${message}`,
    })),
    room: { max: null, buffer: 0, cancel: false },
  }
}

async function mark(
  { store, log }: FiringKit,
  schedule: Schedule,
  problem: Problem | undefined,
): Promise<void> {
  const { name, revision, fired: _f, running: _r, waiting: _w, problem: _p, ...body } = schedule
  const [answer] = await store.schedules.set([
    { name, revision, to: { ...body, ...(problem && { problem }) } },
  ])
  if (answer !== 'set' || !problem) return
  const late =
    schedule.nextAt === undefined ? '' : `; its next slot is ${showMs(problem.at - schedule.nextAt)} late`
  log.warn(
    { code: problem.code, schedule: name },
    `${problem.code} schedule ${name} does not fire: ${problem.message}${late}.`,
  )
}

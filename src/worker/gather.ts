import { LeaseLost, Release } from '../define/verdicts.ts'
import type { AnyTask } from '../define/task.ts'
import type { Clock } from '../job/clock.ts'
import type { Logger } from '../job/logger.ts'
import { type BatchHandler, decideAll, type Ending, toItem } from './batch.ts'
import type { Keeper } from './checkpoint.ts'
import { currentRun, type Run } from './current-run.ts'
import type { Context, Handled } from './handler.ts'
import type { Pool } from './pool.ts'

/** Where the jobs of one task gather. */
export interface Batcher {
  readonly max: number
  /** Takes a place in the batch that gathers in this pool, or opens one in a slot of its own. */
  seat(run: Run, kit: SeatKit): Seat
  /** True while a batch of this pool has a place left. */
  hasPlace(pool: Pool): boolean
  /** The same without a wait, for the test kit, in which time stands still. */
  hasty(): Handled
}

export interface SeatKit {
  readonly pool: Pool
  readonly clock: Clock
  readonly log: Logger
  readonly keeper: Pick<Keeper, 'stopping'>
  /** Called when a slot is free. */
  refill(): void
}

export interface Seat {
  /** Called when its run has ended. */
  leave(): void
}

export interface Plan {
  readonly max: number
  readonly waitMs: number
  readonly handler: BatchHandler
}

/** A job on its way through a batch. */
interface Member {
  readonly run: Run
  readonly batch: Batch
  /** Set when its input was parsed and what runs around the handler has let it through. */
  context?: Context
  ending?: Ending
}

interface Batch {
  readonly kit: SeatKit
  readonly plan: Plan
  /** Members whose runs have not ended. */
  readonly live: Set<Member>
  /** Places taken, also by members that have left. */
  taken: number
  /** Members that have neither come to the handler nor left. */
  missing: number
  stage: 'gathering' | 'closed' | 'working' | 'over'
  /** The handler goes on although every run was given up. */
  isLeaked: boolean
  readonly abort: AbortController
  stopWaiting(): void
  stopHearing(): void
}

/** Runs the jobs of a task together. Each stays a run of its own, with its fence, its signal, its middleware and its end. */
export function gather(task: AnyTask, plan: Plan): Handled {
  const gathering = new Map<Pool, Batch>()
  const members = new WeakMap<Run, Member>()
  const close = (batch: Batch) => {
    if (gathering.get(batch.kit.pool) === batch) gathering.delete(batch.kit.pool)
    closeBatch(batch)
  }
  const batch: Batcher = {
    max: plan.max,
    hasPlace: (pool) => gathering.has(pool),
    hasty: () => gather(task, { ...plan, waitMs: 0 }),
    seat(run, kit) {
      // A suspect must be the only one that a crash can be of.
      const fitting = kit.pool.alone ? { ...plan, max: 1 } : plan
      const mine = gathering.get(kit.pool) ?? open(kit, fitting, close)
      gathering.set(kit.pool, mine)
      const member: Member = { run, batch: mine }
      members.set(run, member)
      mine.live.add(member)
      mine.taken += 1
      mine.missing += 1
      kit.pool.places -= 1
      if (mine.taken === fitting.max) close(mine)
      return { leave: () => leave(member, close) }
    },
  }
  const handler = (context: Context): Promise<unknown> => {
    const run = currentRun.getStore()
    const member = run && members.get(run)
    if (!member) throw new TypeError(`the batch handler of ${task.name} was called outside its worker`)
    return join(member, context)
  }
  return { task, handler, batch }
}

/** A batch has a slot from its first job to the end of its handler. */
function open(kit: SeatKit, plan: Plan, close: (batch: Batch) => void): Batch {
  const { pool, clock } = kit
  const { stopping } = kit.keeper
  pool.running += 1
  pool.places += plan.max
  const batch: Batch = {
    kit,
    plan,
    live: new Set(),
    taken: 0,
    missing: 0,
    stage: 'gathering',
    isLeaked: false,
    abort: new AbortController(),
    stopWaiting: () => {},
    stopHearing: () => stopping.removeEventListener('abort', hearStop),
  }
  const hearStop = () => releaseAll(batch)
  stopping.addEventListener('abort', hearStop)
  if (plan.waitMs > 0) batch.stopWaiting = clock.after(plan.waitMs, () => close(batch))
  else setImmediate(() => close(batch))
  return batch
}

function closeBatch(batch: Batch): void {
  if (batch.stage !== 'gathering') return
  batch.stage = 'closed'
  batch.stopWaiting()
  batch.kit.pool.places -= batch.plan.max - batch.taken
  begin(batch)
}

/** Begins a closed batch when each of its members has come or gone. */
function begin(batch: Batch): void {
  if (batch.stage !== 'closed' || batch.missing > 0) return
  const members = [...batch.live]
  batch.stopHearing()
  batch.stage = members.length > 0 ? 'working' : 'over'
  if (members.length > 0) void work(batch, members)
  else freeSlot(batch)
}

/** The handler's part of a run: it waits until the batch has decided about its job. */
function join(member: Member, context: Context): Promise<unknown> {
  const { batch, run } = member
  return new Promise((resolve, reject) => {
    let isDecided = false
    const once = (decide: (value: unknown) => void) => (value: unknown) => {
      if (isDecided || run.isLeaked) return false
      isDecided = true
      decide(value)
      return true
    }
    const ending: Ending = { id: run.job.id, resolve: once(resolve), reject: once(reject) }
    member.context = context
    member.ending = ending
    batch.missing -= 1
    // Who waits for a batch that has not begun has done nothing, and need not wait.
    run.abort.onAbort(
      () => (isWaiting(batch) ? ending.reject(run.abort.reason) : tellIfAlone(batch)),
      'batch',
    )
    if (batch.kit.keeper.stopping.aborted) releaseAll(batch)
    begin(batch)
  })
}

const isWaiting = ({ stage }: Batch): boolean => stage === 'gathering' || stage === 'closed'

/** Gives the jobs of a batch that has not begun back, when the worker stops. */
function releaseAll(batch: Batch): void {
  if (!isWaiting(batch)) return
  for (const { ending } of batch.live) ending?.reject(new Release('its worker is stopping'))
}

function leave(member: Member, close: (batch: Batch) => void): void {
  const { batch, run } = member
  batch.live.delete(member)
  if (!member.ending) batch.missing -= 1
  if (batch.stage === 'gathering' && batch.live.size === 0) close(batch)
  begin(batch)
  if (batch.stage !== 'working') return
  if (batch.live.size > 0) return tellIfAlone(batch)
  if (run.isLeaked) leak(batch, run)
}

/** Tells the handler when there is nobody left to work for. */
function tellIfAlone({ live, abort }: Batch): void {
  const all = [...live].map(({ run }) => run.abort)
  if (all.every(({ aborted }) => aborted)) abort.abort(all[0]?.reason)
}

/** The handler goes on without its slot. Of a lost lease that is nobody's fault: nobody waited for it. */
function leak(batch: Batch, { job, abort }: Run): void {
  const { pool, log, refill } = batch.kit
  batch.isLeaked = true
  pool.running -= 1
  pool.leaked += 1
  if (!(abort.reason instanceof LeaseLost))
    log.error(
      { task: job.task, leaked: pool.leaked },
      `a batch of ${batch.taken} jobs of ${job.task}: its handler ignored its signal and still runs.`,
    )
  refill()
}

async function work(batch: Batch, members: readonly Member[]): Promise<void> {
  // Both were set when the member came.
  const all = members as readonly Required<Member>[]
  const items = all.map(({ context, ending }) => toItem(context, ending))
  const endings = all.map(({ ending }) => ending)
  const call = async () => batch.plan.handler(items, { signal: batch.abort.signal })
  let settle: () => void
  try {
    // A promise that the handler leaves behind belongs to some run, so that it takes no process down.
    const end = await currentRun.run((all[0] as Member).run, call)
    settle = () => decideAll(end, endings)
  } catch (error) {
    settle = () => endings.forEach(({ reject }) => reject(error))
  }
  batch.stage = 'over'
  freeSlot(batch)
  try {
    settle()
  } catch (error) {
    for (const { reject } of endings) reject(error)
  }
}

function freeSlot({ kit, isLeaked }: Batch): void {
  if (isLeaked) kit.pool.leaked -= 1
  else kit.pool.running -= 1
  kit.refill()
}

import type { Instant } from '../job/job.ts'
import type { Plan, Schedule, ScheduleBody } from '../job/schedule.ts'
import type { ScheduleChange, WorkerView } from '../store/index.ts'
import { nextOf } from './schedule-slots.ts'

/** What this process's code says of a schedule. */
export interface Mine {
  readonly name: string
  readonly plan: Plan
  readonly digest: string
}

export interface Reconciling {
  readonly mine: readonly Mine[]
  readonly stored: readonly Schedule[]
  /** Whose leases hold. */
  readonly workers: readonly WorkerView[]
  readonly now: Instant
  /** When this release was deployed, where it says so. */
  readonly deployedAt: Instant | undefined
}

export interface Reconciled {
  readonly changes: readonly ScheduleChange[]
  /** Names that another release says something else of, and whose word stands. */
  readonly refused: readonly string[]
}

/** True where the store says what this code says, and nothing else: the most common case, at one call. */
export function isAgreed(mine: readonly Mine[], stored: readonly Schedule[]): boolean {
  const digests = new Map(mine.map(({ name, digest }) => [name, digest]))
  const isKnown = ({ name, source, retiredAt, backfill }: Schedule) =>
    source.kind !== 'code' ||
    backfill !== undefined ||
    (digests.get(name) === source.digest && retiredAt === undefined)
  const names = new Set(stored.map(({ name }) => name))
  return stored.every(isKnown) && mine.every(({ name }) => names.has(name))
}

/** A release that comes back within this time goes on where it was. */
const retiredKeptMs = 7 * 86_400_000

/**
 * Brings what code declares into the store. Two releases that are alive at once never take turns: only the one that
 * was deployed later overwrites, and where they do not say when, the one that came second waits until the first is gone.
 */
export function reconcile(all: Reconciling): Reconciled {
  const known = new Map(all.stored.map((one) => [one.name, one]))
  const changes: ScheduleChange[] = []
  const refused: string[] = []
  for (const mine of all.mine) {
    const stored = known.get(mine.name)
    const to = bodyFor(mine, stored, all)
    if (to === 'refused') refused.push(mine.name)
    else if (to) changes.push({ name: mine.name, revision: stored?.revision ?? 0, to })
  }
  const declared = new Set(all.mine.map(({ name }) => name))
  for (const stored of all.stored) if (!declared.has(stored.name)) changes.push(...farewell(stored, all))
  return { changes, refused }
}

type To = NonNullable<ScheduleChange['to']>

function bodyFor(mine: Mine, stored: Schedule | undefined, all: Reconciling): To | 'refused' | undefined {
  const { now, deployedAt } = all
  const { plan, digest } = mine
  const isSame = stored?.source.kind === 'code' && stored.source.digest === digest
  if (isSame && stored.retiredAt === undefined) return undefined
  if (stored && !isSame && !mayOverwrite(stored, all)) return 'refused'
  const source = { kind: 'code', digest, ...(deployedAt !== undefined && { deployedAt }) } as const
  const cursorAt =
    stored && isSame
      ? Math.max(stored.cursorAt, now - plan.missed.withinMs)
      : Math.max(stored?.cursorAt ?? 0, now, (plan.startAt ?? 0) - 1)
  const paused = stored?.paused
  const body: ScheduleBody = { plan, source, createdAt: stored?.createdAt ?? now, ...(paused && { paused }) }
  return placed({ ...body, cursorAt }, stored?.fired ?? 0)
}

/** With the next slot, where it has one. */
export function placed(to: ScheduleBody & { readonly cursorAt: Instant }, fired: number): To {
  const { nextAt: _, ...rest } = to as To
  const next = to.paused ? undefined : nextOf({ plan: to.plan, fired }, to.cursorAt)
  return { ...rest, ...(typeof next === 'number' && { nextAt: next }) }
}

function mayOverwrite({ name, source }: Schedule, { workers, deployedAt }: Reconciling): boolean {
  if (source.kind === 'api') return true
  if (source.deployedAt !== undefined && deployedAt !== undefined) return deployedAt > source.deployedAt
  return !workers.some(({ schedules }) => schedules?.[name] === source.digest)
}

/** A schedule that this code does not know: gone with the last worker that declared it, and forgotten after a while. */
function farewell(stored: Schedule, { workers, now, deployedAt }: Reconciling): ScheduleChange[] {
  const { name, revision, source, retiredAt } = stored
  if (source.kind !== 'code' || stored.backfill) return []
  if (retiredAt !== undefined) return now - retiredAt > retiredKeptMs ? [{ name, revision, to: null }] : []
  const isOlder =
    deployedAt !== undefined && source.deployedAt !== undefined && deployedAt < source.deployedAt
  if (isOlder || workers.some(({ schedules }) => schedules?.[name] !== undefined)) return []
  const { nextAt: _n, fired: _f, running: _r, waiting: _w, revision: _v, name: _m, ...body } = stored
  return [{ name, revision, to: { ...body, retiredAt: now } }]
}

import { goesElsewhere } from '../../job/elsewhere.ts'
import { groupOf } from '../../job/dead.ts'
import type { Settled, Settlement, WorkerId } from '../../job/job.ts'
import { isLoss, survives } from '../../job/loss.ts'
import { comesBack, digest, isFailure, stateAfter } from '../../job/settle.ts'
import { codeOf, outcomes } from '../../store/codes.ts'
import type { Note } from '../../store/contract.ts'
import { limits } from '../../job/defaults.ts'
import { levels } from '../../store/codes.ts'
import { utf8Bytes } from '../../job/text.ts'
import type { Call, Engine } from './engine.ts'

type Done = readonly [id: string, fence: number, digest: string, result: string | null, place: number]

/** Settlements of one call, as settle-all.sql reads them: those that are simply done, and the others in order. */
export interface Endings {
  readonly n: number
  readonly done?: readonly Done[]
  readonly rest?: readonly object[]
}

export function bundle(settlements: readonly Settlement[]): Endings {
  const done: Done[] = []
  const rest: object[] = []
  const ids = new Set(settlements.map(({ id }) => id))
  // A second word about the same job must meet what the first one has left: all in order, one by one.
  const isOnce = ids.size === settlements.length
  for (const [place, one] of settlements.entries()) {
    if (isOnce && isDone(one)) done.push([one.id, one.fence, digest(one), one.result ?? null, place])
    else rest.push(restRow(one, place))
  }
  return { n: settlements.length, ...(done.length > 0 && { done }), ...(rest.length > 0 && { rest }) }
}

/** True for a job that is simply done, as nearly all are. */
const isDone = ({ move, reason, error }: Settlement): boolean =>
  move === 'complete' && reason === undefined && error === undefined

/** A settlement with all that is decided about it, as settle-one.sql reads it. */
function restRow(one: Settlement, p: number): object {
  const { id, fence: f, move, delayMs, reason: r, result: res, error } = one
  const waitMs = delayMs ?? 0
  const isDead = move === 'bury'
  return {
    ...{
      p,
      id,
      f,
      m: outcomes.indexOf(move),
      to: codeOf[stateAfter(one, false)],
      tc: codeOf[stateAfter(one, true)],
      d: digest(one),
      r,
      res,
    },
    // A job that was released at once keeps its place in the line.
    ...((waitMs > 0 || move !== 'release') && { w: waitMs }),
    ...counted(one),
    ...(survives(one) && { sv: true }),
    ...(goesElsewhere(one) && { ew: true }),
    ...(comesBack(one) && { back: true }),
    ...(error && { e: JSON.stringify(error) }),
    ...(isDead && { g: groupRow(r, error) }),
  }
}

function counted(one: Settlement): { readonly c?: string } {
  if (isFailure(one)) return { c: 'failures' }
  if (one.move === 'snooze') return { c: 'snoozes' }
  if (one.move === 'release') return { c: 'releases' }
  return isLoss(one) ? { c: 'losses' } : {}
}

/** The group of a death, as died.sql reads it. */
export function groupRow(reason: string | undefined, error: Settlement['error']): readonly string[] {
  const { fingerprint, name, message } = groupOf(reason, error)
  return [fingerprint, name, message]
}

const words = [undefined, 'applied', 'conflict', 'stale', 'gone'] as const satisfies readonly (
  | Settled
  | undefined
)[]

/** What became of them: 1 where all were applied, or a code for each. */
export type Codes = 1 | readonly number[] | null

export const settledOf = (codes: Codes, n: number): readonly Settled[] =>
  codes === 1 ? new Array<Settled>(n).fill('applied') : (codes ?? []).map((code) => words[code] ?? 'gone')

export const settle = (
  e: Engine,
  worker: WorkerId,
  settlements: readonly Settlement[],
): Promise<readonly Settled[]> => settleOn(e.call, worker, settlements)

/** The same, on whatever connection. */
export async function settleOn(
  call: Call,
  worker: WorkerId,
  settlements: readonly Settlement[],
): Promise<readonly Settled[]> {
  if (settlements.length === 0) return []
  const { settled } = await call<{ settled: Codes }>('exchange_v1', { worker, ...bundle(settlements) })
  return settledOf(settled, settlements.length)
}

/** Keeps progress and logs with the running attempt, and a checkpoint with the job; fenced like a settle. */
export async function record(
  call: Call,
  worker: WorkerId,
  notes: readonly Note[],
): Promise<readonly Settled[]> {
  if (notes.length === 0) return []
  const rows = notes.map(({ id, fence: f, progress, logs = [], checkpoint, begun }) => ({
    ...{ id, f, checkpoint, begun },
    ...(progress && { progress }),
    ...(logs.length > 0 && {
      logs: logs.map(({ agoMs, level, message, data }) => [
        agoMs,
        levels.indexOf(level),
        message,
        data ?? null,
      ]),
      bytes: logs.reduce((sum, { message, data }) => sum + utf8Bytes(message) + utf8Bytes(data ?? ''), 0),
    }),
  }))
  const codes = await call<number[]>('record_v1', {
    worker,
    notes: rows,
    maxBytes: limits.logBytesPerAttempt,
  })
  return settledOf(codes, notes.length)
}

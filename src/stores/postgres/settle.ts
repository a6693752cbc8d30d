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
import type { Lending, Lent } from './lending.ts'

/** Jobs that are simply done, as settle-all.sql reads them: lists of numbers are texts as the server writes arrays. */
interface Done {
  readonly s: string
  readonly ids: readonly string[]
  readonly p?: string
  readonly d1: string
  readonly f?: BySeq<number>
  readonly d?: BySeq<string>
  readonly r?: BySeq<string>
  readonly k?: true
}
type BySeq<T> = Readonly<Record<number, T>>

/** Settlements of one call, as settle-all.sql reads them: those that are simply done, and the others in order. */
export interface Endings {
  readonly n: number
  readonly done?: Done
  readonly rest?: readonly object[]
}

export function bundle(settlements: readonly Settlement[], lent: Lending): Endings {
  const done: Ending[] = []
  const rest: object[] = []
  const ids = new Set(settlements.map(({ id }) => id))
  // A second word about the same job must meet what the first one has left: all in order, one by one.
  const isOnce = ids.size === settlements.length
  for (const [place, one] of settlements.entries()) {
    const known = isOnce && isDone(one) ? lent.of(one.id, one.fence) : undefined
    if (known) done.push({ one, known, place })
    else rest.push(restRow(one, place))
  }
  return {
    n: settlements.length,
    ...(done.length > 0 && { done: doneOf(done, rest.length === 0) }),
    ...(rest.length > 0 && { rest }),
  }
}

interface Ending {
  readonly one: Settlement
  readonly known: Lent
  readonly place: number
}

/** Their columns; only what differs from what nearly all have is named job by job. */
function doneOf(endings: readonly Ending[], isAll: boolean): Done {
  const [f, d, r]: [Record<number, number>, Record<number, string>, Record<number, string>] = [{}, {}, {}]
  let isKept = false
  for (const { one, known } of endings) {
    if (one.fence !== 1) f[known.seq] = one.fence
    if (one.result !== undefined) {
      r[known.seq] = one.result
      d[known.seq] = digest(one)
    }
    isKept ||= known.isKept
  }
  return {
    s: listOf(endings.map(({ known }) => known.seq)),
    ids: endings.map(({ one }) => one.id),
    d1: digest({ id: '', fence: 0, move: 'complete' }),
    ...(!isAll && { p: listOf(endings.map(({ place }) => place)) }),
    ...{ ...(hasAny(f) && { f }), ...(hasAny(r) && { d, r }) },
    ...(isKept && { k: true }),
  }
}

const listOf = (numbers: readonly number[]): string => `{${numbers.join(',')}}`
const hasAny = (record: object): boolean => {
  for (const _ in record) return true
  return false
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
  answersOf(codes, n).map((answer) => answer ?? 'gone')

/** The same where one may have no answer, for somebody holds its unique key at this moment. */
export const answersOf = (codes: Codes, n: number): readonly (Settled | undefined)[] =>
  codes === 1 ? new Array<Settled>(n).fill('applied') : (codes ?? []).map((code) => words[code])

export const settle = (
  e: Engine,
  worker: WorkerId,
  settlements: readonly Settlement[],
): Promise<readonly Settled[]> => settleOn(e, worker, settlements)

/** The same, on whatever connection. */
export async function settleOn(
  { call, lent }: Pick<Engine, 'call' | 'lent'>,
  worker: WorkerId,
  settlements: readonly Settlement[],
): Promise<readonly Settled[]> {
  if (settlements.length === 0) return []
  const { settled } = await call<{ settled: Codes }>('exchange_v1', { worker, ...bundle(settlements, lent) })
  forget(lent, settlements)
  return settledOf(settled, settlements.length)
}

/** What was settled is nobody's any more. */
export function forget(lent: Lending, settlements: readonly Settlement[]): void {
  for (const { id, fence } of settlements) lent.forget(id, fence)
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

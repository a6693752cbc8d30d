import { toErrorInfo } from '../../job/failure.ts'
import type { Attempt, ErrorInfo, Job, LogLine, Previous, Progress, Revision } from '../../job/job.ts'
import { slotName } from '../../job/schedule.ts'
import { isFinal, type State } from '../../job/state.ts'
import type { Reply } from './port.ts'

/** A job as the scripts keep it; what is zero or not there is left out. See README. */
interface Hot {
  readonly id: string
  readonly state: State
  readonly prio: number
  readonly max: number
  readonly at: number
  readonly made: number
  readonly exp?: number
  readonly start?: number
  readonly fin?: number
  readonly try?: number
  readonly fence?: number
  readonly fails?: number
  readonly losses?: number
  readonly snoozes?: number
  readonly frees?: number
  readonly by?: string
  readonly ask?: string
  readonly why?: string
  readonly sus?: 1
  readonly av?: string
  readonly slot?: Slot
}
interface Slot {
  readonly at: number
  readonly from: number
  readonly back?: boolean
}

/** How a lease ended, as the scripts keep it. */
interface Ending {
  readonly a: number
  readonly x: number
  readonly w: string
  readonly on: string
  readonly s: number
  readonly e: number
  readonly o: Attempt['outcome']
  /** The error as JSON; or, of a lapse, its message. */
  readonly er?: string
  readonly c?: string
  readonly y?: string
  readonly pr?: string
}

export interface Lane {
  readonly queue: string
  readonly task: string
  readonly version: number
}

export const textOf = (reply: Reply): string => (typeof reply === 'string' ? reply : String(reply ?? ''))
export const rowsOf = (reply: Reply): readonly Reply[] =>
  Array.isArray(reply) ? (reply as readonly Reply[]) : []
/** JSON of a script: what was written there is of the type that is read. */
export const parsed = <T>(reply: Reply): T => JSON.parse(textOf(reply)) as T
/** A list of a script, which writes an empty one as `{}`. */
export const listed = <T>(value: readonly T[] | object | undefined): readonly T[] =>
  Array.isArray(value) ? (value as readonly T[]) : []

/** `{ [key]: value }`, or nothing where there is none: absent stays absent. */
export function given<K extends string, V>(key: K, value: V | null | undefined): { readonly [P in K]?: V } {
  return value === null || value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V })
}

export function toLane(text: Reply): Lane {
  const [queue = '', task = '', version = '1'] = textOf(text).split('\n')
  return { queue, task, version: Number(version) }
}

/** `12 rest`: a number, and what comes after it. */
function afterNumber(text: string): readonly [number, string] {
  const at = text.indexOf(' ')
  return [Number(text.slice(0, at)), text.slice(at + 1)]
}

export function toProgress(text: string): Progress {
  const [at, json] = afterNumber(text)
  return { at, ...(JSON.parse(json) as Omit<Progress, 'at'>) }
}

const errorOf = ({ er, c }: Pick<Ending, 'er' | 'c'>): ErrorInfo | undefined => {
  if (er !== undefined) return JSON.parse(er) as ErrorInfo
  return c === undefined ? undefined : toErrorInfo({ name: 'WorkerLost', code: 'LW2009', message: c })
}

export function toAttempt(ending: Ending): Attempt {
  return {
    attempt: ending.a,
    fence: ending.x,
    worker: ending.w,
    ranOn: ending.on,
    startedAt: ending.s,
    endedAt: ending.e,
    outcome: ending.o,
    ...given('error', errorOf(ending)),
    ...given('reason', ending.y),
    ...given('progress', ending.pr === undefined ? undefined : toProgress(ending.pr)),
  }
}

const toSlot = (id: string, { at, from, back = false }: Slot) => ({
  ...slotName(id),
  at,
  from,
  isBackfill: back,
})

/** What `textsOf` of looking.lua gives of a job. */
export function toJob(reply: Reply): Job | undefined {
  const texts = rowsOf(reply)
  if (texts.length === 0) return undefined
  const [
    hotText,
    lane,
    payload,
    result,
    error,
    progress,
    checkpoint,
    tags,
    holder,
    attempts,
    logs,
    revisions,
  ] = texts
  const hot = parsed<Hot>(hotText)
  const { queue, task, version } = toLane(lane)
  return {
    id: hot.id,
    task,
    queue,
    state: hot.state,
    payload: textOf(payload),
    version,
    priority: hot.prio,
    tags: tags ? parsed<string[]>(tags) : [],
    createdAt: hot.made,
    availableAt: hot.at,
    attempt: hot.try ?? 0,
    fence: hot.fence ?? 0,
    failures: hot.fails ?? 0,
    losses: hot.losses ?? 0,
    snoozes: hot.snoozes ?? 0,
    releases: hot.frees ?? 0,
    maxAttempts: hot.max,
    ...given('expiresAt', hot.exp),
    ...given('startedAt', hot.start),
    ...given('finishedAt', hot.fin),
    ...given('worker', hot.by),
    ...given('cancelRequested', hot.ask),
    ...given('reason', hot.why),
    ...given('result', there(result)),
    ...given('checkpoint', there(checkpoint)),
    ...given('error', error ? parsed<ErrorInfo>(error) : undefined),
    ...given('progress', progress ? toProgress(textOf(progress)) : undefined),
    ...(hot.sus === 1 && !isFinal(hot.state) && { suspect: true }),
    ...given('avoids', hot.av),
    ...(hot.slot && { schedule: { ...toSlot(hot.id, hot.slot), ...given('heldBy', there(holder)) } }),
    ...(attempts && {
      attempts: rowsOf(attempts)
        .map((row) => toAttempt(parsed(row)))
        .reverse(),
    }),
    ...(logs && {
      logs: rowsOf(logs)
        .filter(Boolean)
        .map((row) => toLine(textOf(row))),
    }),
    ...(revisions && { revisions: parsed<Revision[]>(`[${textOf(revisions)}]`) }),
  }
}

const there = (reply: Reply): string | undefined => (typeof reply === 'string' ? reply : undefined)

function toLine(text: string): LogLine & { readonly attempt: number } {
  const [, afterSize] = afterNumber(text)
  const [attempt, afterAttempt] = afterNumber(afterSize)
  const [at, json] = afterNumber(afterAttempt)
  return { attempt, at, ...(JSON.parse(json) as Omit<LogLine, 'at'>) }
}

interface More {
  readonly previous?: Pick<Ending, 'o' | 'e' | 'w' | 'er' | 'y' | 'c'>
  readonly sus?: 1
  readonly slot?: Slot
  readonly crash?: 'fail' | 'dead'
  readonly checkpoint?: string
  /** Where it is too long to stand before the payload. */
  readonly id?: string
}

/** What jobs that came and were claimed together have in common: see `factOf` of handing.lua. */
export interface Facts extends Lane {
  readonly fence: number
  readonly attempt: number
  readonly failures: number
  readonly losses: number
  readonly maxAttempts: number
  readonly createdAt: number
  readonly startedAt: number
  /** -1 without one. */
  readonly deadlineAt: number
}

export function toFacts(text: string, laneAt: (n: number) => Lane): Facts {
  const texts = text.split(' ')
  const numberAt = (i: number) => Number(texts[i])
  const { queue, task, version } = laneAt(numberAt(0))
  return {
    queue,
    task,
    version,
    fence: numberAt(1),
    attempt: numberAt(2),
    failures: numberAt(3),
    losses: numberAt(4),
    maxAttempts: numberAt(5),
    createdAt: numberAt(6),
    startedAt: numberAt(7),
    deadlineAt: numberAt(8),
  }
}

/** What few jobs have, in the answer of a claim. */
export function moreOf(shortId: string, text: Reply) {
  const { previous, sus, slot, crash, checkpoint, id = shortId } = parsed<More>(text)
  return {
    id,
    ...given('checkpoint', checkpoint),
    ...given('onCrash', crash),
    ...(sus === 1 && { suspect: true as const }),
    ...given('previous', previous && toPrevious(previous)),
    ...given('schedule', slot && toSlot(id, slot)),
  }
}

const toPrevious = (ending: NonNullable<More['previous']>): Previous => ({
  outcome: ending.o,
  endedAt: ending.e,
  worker: ending.w,
  ...given('error', errorOf(ending)),
  ...given('reason', ending.y),
})

import { toSlot } from '../define/schedule.ts'
import { LeaseLost } from '../define/verdicts.ts'
import { limits } from '../job/defaults.ts'
import { LegworkError, show } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'
import type { LogLevel, Previous } from '../job/job.ts'
import { encode } from '../job/payload.ts'
import { plain } from '../job/wrapper.ts'
import type { Cover } from '../job/wrapping.ts'
import { storable } from '../job/text.ts'
import type { Clock } from '../job/clock.ts'
import type { Note, Store } from '../store/index.ts'
import { checkpoint, cursorOf } from './checkpoint.ts'
import { isolatedCommitter } from './commit.ts'
import type { Run, RunKit } from './current-run.ts'
import { iterateOf } from './iterate.ts'
import type { Context, PreviousRun, ProgressNote } from './handler.ts'

/** Collects what running handlers say of themselves until the worker sends it. */
export interface Notebook {
  log(run: Run, level: LogLevel, message: string, data: unknown): void
  progress(run: Run, now: number | ProgressNote): void
  /** Takes all that has gathered, or all of one job. */
  take(id?: string): Note[]
  readonly isEmpty: boolean
}

type Line = { level: LogLevel; message: string; data?: string; at: number }
interface Page {
  readonly id: string
  readonly fence: number
  progress?: NonNullable<Note['progress']>
  readonly lines: Line[]
}

/** More lines than this between two sendings are dropped, oldest first: a handler that floods must not eat the memory. */
const linesMax = 2_000

export function notebook(clock: Clock, onNote: () => void): Notebook {
  const pages = new Map<string, Page>()
  const pageOf = ({ job }: Run): Page => {
    const page = pages.get(job.id) ?? { id: job.id, fence: job.fence, lines: [] }
    pages.set(job.id, page)
    return page
  }
  function log(run: Run, level: LogLevel, ...[message, data]: [message: unknown, data?: unknown]): void {
    if (run.isLeaked || run.committing) return
    const { lines } = pageOf(run)
    const line: Line = {
      level,
      message: storable(textOf(message), limits.logLineBytes),
      at: clock.monotonic(),
      ...(data !== undefined && { data: dataText(data) }),
    }
    lines.push(run.cover ? run.cover.line(line) : line)
    if (lines.length > linesMax) lines.shift()
    onNote()
  }
  return {
    log,
    progress(run, now) {
      if (run.isLeaked || run.committing) return
      const { progress, problem } = toProgress(now)
      if (progress) pageOf(run).progress = run.cover ? run.cover.progress(progress) : progress
      if (problem) log(run, 'warn', `progress() could not be kept as it was said: ${problem}`)
      onNote()
    },
    take(id) {
      const taken = [...pages.values()].filter((page) => id === undefined || page.id === id)
      for (const page of taken) pages.delete(page.id)
      return taken.map(({ id, fence, progress, lines }) => ({
        id,
        fence,
        ...(progress && { progress }),
        ...(lines.length > 0 && {
          logs: lines.map(({ at, ...line }) => ({
            ...line,
            agoMs: Math.max(0, Math.round(clock.monotonic() - at)),
          })),
        }),
      }))
    },
    get isEmpty() {
      return pages.size === 0
    },
  }
}

/** Sends what was noted; a run whose note is refused is no longer ours, and hears so. */
export async function sendNotes({
  notes,
  runs,
  store,
  worker,
}: {
  notes: Notebook
  runs: ReadonlyMap<string, Run>
  store: Store
  worker: string
}): Promise<void> {
  if (notes.isEmpty) return
  const taken = notes.take()
  // While one partition is away nothing else waits for what is noted of its jobs.
  const answers = await store.record(worker, taken).catch((error: unknown) => {
    if (error instanceof LegworkError && error.code === 'LW1032') return []
    throw error
  })
  for (const [i, { id, fence }] of taken.entries()) {
    const one = runs.get(id)
    if ((answers[i] ?? 'applied') === 'applied' || one?.job.fence !== fence) continue
    one.abort.abort(new LeaseLost(id, one.job.attempt, 'the store refused its progress'))
  }
}

type ContextKit = Pick<RunKit, 'notes' | 'keeper'> & {
  readonly committer?: Pick<RunKit['committer'], 'commit'>
}

/** What the handler of this run is given. */
export function contextOf(run: Run, input: unknown, kit: ContextKit): Context {
  const { notes, keeper, committer = isolatedCommitter } = kit
  const { id, task, queue, attempt, fence, failures, losses, maxAttempts, createdAt, schedule } = run.job
  const context: Partial<Writable<Context>> = {
    input,
    attempt,
    job: { id, task, queue, fence, failures, losses, maxAttempts, createdAt: new Date(createdAt) },
    progress: (now) => notes.progress(run, now),
    checkpoint: (cursor) => checkpoint(run, keeper, cursor),
    commit: (tx, result) => committer.commit(run, tx, result),
  }
  Object.defineProperty(context, made, { value: { run, notes, keeper } satisfies Made })
  for (const key of lookedAt) Object.defineProperty(context, key, getters[key])
  // Rare fields are added after, for an object that is spread together costs as much as all the rest.
  if (run.job.previous) context.previous = toPreviousRun(run.job.previous, run.cover)
  if (schedule) context.schedule = toSlot(schedule)
  // The getters are what was missing.
  return context as Context
}

/** What a context is made of, for its getters. */
const made = Symbol('legwork.made')
interface Made {
  readonly run: Run
  readonly notes: Notebook
  readonly keeper: RunKit['keeper']
  logs?: Context['log']
  iterate?: Context['iterate']
}

/**
 * Made when looked at: most handlers of many small jobs look at neither signal nor log. The same functions for all contexts,
 * for one with functions of its own costs three times as much.
 */
const getters = {
  signal: getter(({ run }) => run.abort.signal),
  log: getter((own) => (own.logs ??= logsOf(own))),
  cursor: getter(({ run }) => cursorOf(run)),
  iterate: getter((own) => (own.iterate ??= iterateOf(own.run, own.keeper))),
}
const lookedAt = ['signal', 'log', 'cursor', 'iterate'] as const satisfies readonly (keyof typeof getters)[]

function getter(look: (own: Made) => unknown): PropertyDescriptor {
  function get(this: { readonly [made]: Made }) {
    return look(this[made])
  }
  return { get, enumerable: true, configurable: true }
}

function logsOf({ run, notes }: Made): Context['log'] {
  const log = (level: LogLevel) => (message: string, data?: unknown) => notes.log(run, level, message, data)
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

const toPreviousRun = ({ endedAt, error, ...before }: Previous, cover: Cover | undefined): PreviousRun => ({
  ...before,
  ...(error && { error: cover ? cover.reveal(error) : error }),
  at: new Date(endedAt),
})

type Progress = NonNullable<Note['progress']>

/** What can be kept of what a handler said, and what of it cannot: progress is advice, and no run is spent on it. */
function toProgress(now: unknown): { readonly progress?: Progress; readonly problem?: string } {
  try {
    const said = typeof now === 'number' ? { percent: now } : now
    if (typeof said !== 'object' || said === null) throw new TypeError(expected)
    const { percent, note, data } = said as ProgressNote
    if (percent === undefined && note === undefined && data === undefined) throw new TypeError(expected)
    const bad = percent !== undefined && typeof percent !== 'number'
    const text = attempted(() => data !== undefined && encode(data, 'its data', limits.progressBytes))
    const progress = {
      ...(typeof percent === 'number' && !Number.isNaN(percent) && { percent: within100(percent) }),
      ...(note !== undefined && { note: storable(textOf(note), limits.logLineBytes) }),
      ...(typeof text === 'string' && { data: plain(text) }),
    }
    const problem = bad ? `its percent is ${show(percent)}` : text instanceof Error ? text.message : undefined
    return { ...(Object.keys(progress).length > 0 && { progress }), ...(problem && { problem }) }
  } catch (error) {
    return { problem: `got ${show(now)}: ${textOf(error)}` }
  }
}

const expected = 'a percentage, or an object with percent, note or data, belongs there'
const within100 = (percent: number): number => Math.min(100, Math.max(0, percent))

/** The answer, or the error in its place. */
function attempted<T>(work: () => T): T | Error {
  try {
    return work()
  } catch (error) {
    return error instanceof Error ? error : new Error(textOf(error))
  }
}

/** Any value as a text; some objects refuse to become one. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : toErrorInfo(value).message)

/** A log line must always be recordable, so data that JSON cannot hold is described instead. */
function dataText(data: unknown): string {
  try {
    return plain(
      encode(
        data instanceof Error ? { ...toErrorInfo(data) } : data,
        'the data of a log line',
        limits.logLineBytes,
      ),
    )
  } catch (error) {
    return JSON.stringify(toErrorInfo(error).message)
  }
}

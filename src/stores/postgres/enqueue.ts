import type { Enqueued, NewJob, Refusal } from '../../job/job.ts'
import { bitsOf, onCrashes, retainText, stateOf } from '../../store/codes.ts'
import type { EnqueueHow } from '../../store/contract.ts'
import { saysSame } from '../server/alike.ts'
import type { Call, Engine } from './engine.ts'

/** What jobs that are alike share, as enqueue-v1.sql reads it. */
interface Kind {
  readonly task: string
  readonly queue: string
  readonly version: number
  readonly priority: number
  readonly maxAttempts: number
  readonly delayMs?: number | undefined
  readonly ttlMs?: number | undefined
  readonly deadlineMs?: number | undefined
  readonly tags?: string
  readonly retain?: string
  readonly onCrash?: number
}
type KindRow = readonly [
  kind: number,
  id: string,
  payload: string,
  runAt?: number | null,
  unique?: {
    readonly key: string
    readonly states: number
    readonly forMs?: number | undefined
    readonly onConflict: string
    readonly maxWaitMs?: number | undefined
  },
]

/** Jobs of one call: what they share once for each kind, and all else in columns, or in a row for each where keys have to be looked at. */
export type Bound =
  | { readonly kinds: readonly Kind[]; readonly rows: readonly KindRow[]; readonly each: true }
  | {
      readonly kinds: readonly Kind[]
      readonly ids: readonly string[]
      readonly payloads: readonly string[]
      /** Numbers as the server writes arrays. */
      readonly k?: string
      readonly at?: string
    }

export function bind(jobs: readonly NewJob[]): Bound {
  const { kinds, kindsOf } = kindsIn(jobs)
  if (jobs.some(({ unique }) => unique)) return { kinds, rows: rowsOf(jobs, kindsOf), each: true }
  return {
    kinds,
    ids: jobs.map(({ id }) => id),
    payloads: jobs.map(({ payload }) => payload),
    ...(kinds.length > 1 && { k: listOf(kindsOf) }),
    ...(jobs.some(({ runAt }) => runAt !== undefined) && { at: listOf(jobs.map(({ runAt }) => runAt)) }),
  }
}

/** The same for one job that is looked at by itself. */
export function bindOne(job: NewJob): Bound {
  const { kinds, kindsOf } = kindsIn([job])
  return { kinds, rows: rowsOf([job], kindsOf), each: true }
}

const rowsOf = (jobs: readonly NewJob[], kindsOf: readonly number[]): readonly KindRow[] =>
  jobs.map((job, i) => rowOf(kindsOf[i] as number, job))

const listOf = (numbers: readonly (number | undefined)[]): string =>
  `{${numbers.map((n) => n ?? 'null').join(',')}}`

/** What they share, and which of it each has. */
function kindsIn(jobs: readonly NewJob[]) {
  const kinds: Kind[] = []
  const known = new Map<string, number>()
  let last: { readonly job: NewJob; readonly at: number } | undefined
  const kindsOf = jobs.map((job) => {
    const at = last && isAlike(last.job, job) ? last.at : kindAt(kinds, known, job)
    if (last?.at !== at) last = { job, at }
    return at
  })
  return { kinds, kindsOf }
}

function kindAt(kinds: Kind[], known: Map<string, number>, job: NewJob): number {
  const kind = kindOf(job)
  const text = JSON.stringify(kind)
  const at = known.get(text) ?? kinds.push(kind) - 1
  known.set(text, at)
  return at
}

function rowOf(at: number, { id, payload, runAt, unique }: NewJob): KindRow {
  if (!unique) return runAt === undefined ? [at, id, payload] : [at, id, payload, runAt]
  const { key, states, forMs, onConflict, maxWaitMs } = unique
  return [at, id, payload, runAt ?? null, { key, states: bitsOf(states), forMs, onConflict, maxWaitMs }]
}

/** Equal in all that a kind is made of; lists and policies only where they are the same object. */
const isAlike = (a: NewJob, b: NewJob): boolean =>
  saysSame(a, b) && (a.tags === b.tags || (a.tags.length === 0 && b.tags.length === 0))

function kindOf(job: NewJob): Kind {
  const { task, queue, version, priority, maxAttempts, delayMs, ttlMs, deadlineMs, tags, onCrash } = job
  const retain = retainText(job.retain)
  return {
    ...{ task, queue, version, priority, maxAttempts, delayMs, ttlMs, deadlineMs },
    ...(tags.length > 0 && { tags: JSON.stringify(tags) }),
    ...(retain !== null && { retain }),
    ...(onCrash !== undefined && onCrash !== 'retry' && { onCrash: onCrashes.indexOf(onCrash) }),
  }
}

type AnswerRow =
  | readonly ['refused', id: string, refusal: Refusal]
  | readonly ['created' | 'duplicate' | 'existing' | 'replaced', id: string, state: number, task: string]
/** What enqueue-v1.sql answers: the state of all, or of each, where every job is new; or an answer for each. */
export type Answer =
  | { readonly state: number }
  | { readonly states: readonly number[] }
  | { readonly each: readonly AnswerRow[] }

export function answersOf(answer: Answer, jobs: readonly NewJob[]): readonly Enqueued[] {
  if ('each' in answer) return answer.each.map(toEnqueued)
  return jobs.map(({ id, task }, i) => {
    const code = 'state' in answer ? answer.state : (answer.states[i] as number)
    return { id, outcome: 'created', state: stateOf(code), task }
  })
}

function toEnqueued(row: AnswerRow): Enqueued {
  if (row[0] === 'refused') return { id: row[1], outcome: 'refused', refusal: row[2] }
  return { outcome: row[0], id: row[1], state: stateOf(row[2]), task: row[3] }
}

/** Characters of payloads that cross in one call: a JSON value of Postgres ends at 256 MB. */
const maxChars = 16_000_000

/** Adds each job unless its id is known, or its twin stands for it, or it is refused. */
export async function enqueue(
  e: Engine,
  jobs: readonly NewJob[],
  { allOrNone = false }: EnqueueHow,
): Promise<readonly Enqueued[]> {
  const parts = inParts(jobs)
  return parts.length === 1 || !allOrNone ? enqueueAll(e.call, jobs, allOrNone) : together(e, parts)
}

/**
 * In as many calls as it takes, on whatever connection. Where that is a transaction of the caller's and there are several, one
 * that refuses leaves those before it for the caller to roll back.
 */
export async function enqueueAll(
  call: Call,
  jobs: readonly NewJob[],
  allOrNone: boolean,
): Promise<readonly Enqueued[]> {
  const answers: Enqueued[] = []
  for (const part of inParts(jobs)) answers.push(...(await enqueueOn(call, part, allOrNone)))
  return answers
}

async function enqueueOn(
  call: Call,
  jobs: readonly NewJob[],
  allOrNone: boolean,
): Promise<readonly Enqueued[]> {
  if (jobs.length === 0) return []
  const bound = bind(jobs)
  return answersOf(await call<Answer>('enqueue_v1', { ...bound, ...(allOrNone && { allOrNone }) }), jobs)
}

/** Parts that cross one after the other, and share one fate. */
async function together(e: Engine, parts: readonly (readonly NewJob[])[]): Promise<readonly Enqueued[]> {
  let answers: Enqueued[] = []
  try {
    return await e.atomically(async (call) => {
      answers = []
      for (const part of parts) answers.push(...(await enqueueOn(call, part, true)))
      if (answers.some(({ outcome }) => outcome === 'refused')) throw new OneRefused()
      return answers
    })
  } catch (error) {
    if (!((error as Error).cause instanceof OneRefused)) throw error
    return answers.map((one) =>
      one.outcome === 'refused'
        ? one
        : { id: one.id, outcome: 'refused', refusal: { because: 'batch' as const } },
    )
  }
}

/** Takes back what was written before the refusal. */
class OneRefused extends Error {}

function inParts(jobs: readonly NewJob[]): readonly (readonly NewJob[])[] {
  const parts: NewJob[][] = []
  let chars = Infinity
  for (const job of jobs) {
    if (chars + job.payload.length > maxChars) {
      parts.push([])
      chars = 0
    }
    chars += job.payload.length
    parts.at(-1)?.push(job)
  }
  return parts.length === 0 ? [[]] : parts
}

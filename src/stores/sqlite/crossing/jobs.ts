import type { Enqueued, NewJob } from '../../../job/job.ts'
import type { State } from '../../../job/state.ts'
import { listOf, textOr } from './text.ts'

/** Jobs of one call that differ in id and payload alone. */
export interface Kind {
  /** One of them. */
  readonly like: NewJob
  readonly n: number
  /** JSON list of [id, payload, place in the call, from 1]. */
  readonly rows: string
}
/** Jobs of one call, in kinds; or as they are, as JSON text, when they are too different. */
export type Sheaf = { readonly n: number } & (
  | { readonly kinds: readonly Kind[] }
  | { readonly jobs: string | readonly NewJob[] }
)

/** More kinds than these, or more text, cross and are written row by row. */
const maxKinds = 8
const maxChars = 8_000_000

interface Growing {
  readonly like: NewJob
  readonly rows: [id: string, payload: string, place: number][]
}

export function bind(jobs: readonly NewJob[]): Sheaf {
  const n = jobs.length
  const kinds = kindsOf(jobs)
  if (!kinds) return { n, jobs: textOr(jobs) }
  return { n, kinds: kinds.map(({ like, rows }) => ({ like, n: rows.length, rows: JSON.stringify(rows) })) }
}

export function unbind(sheaf: Sheaf): readonly NewJob[] {
  if ('jobs' in sheaf) return listOf<NewJob>(sheaf.jobs)
  const jobs: NewJob[] = []
  for (const { like, rows } of sheaf.kinds)
    for (const [id, payload, place] of JSON.parse(rows) as Growing['rows'])
      jobs[place - 1] = { ...like, id, payload }
  return jobs
}

function kindsOf(jobs: readonly NewJob[]): Growing[] | undefined {
  const kinds: Growing[] = []
  let chars = 0
  for (let i = 0; i < jobs.length; i++) {
    const job = jobs[i] as NewJob
    let kind = kinds.find(({ like }) => isAlike(like, job))
    if (!kind) {
      if (kinds.length === maxKinds || !isPlain(job)) return undefined
      kind = { like: job, rows: [] }
      kinds.push(kind)
    }
    if (typeof job.payload !== 'string' || (chars += job.payload.length) > maxChars) return undefined
    kind.rows.push([job.id, job.payload, i + 1])
  }
  // What is alone of its kind is cheaper by itself.
  return kinds.length * 2 > jobs.length ? undefined : kinds
}

/** Every field besides id and payload; true for those that a body and a ticket hold, so that no other row is needed. */
const fields = {
  task: true,
  queue: true,
  version: true,
  priority: true,
  maxAttempts: true,
  retain: true,
  tags: false,
  delayMs: true,
  runAt: true,
  ttlMs: true,
  deadlineMs: true,
  onCrash: false,
  unique: false,
} as const satisfies Record<Exclude<keyof NewJob, 'id' | 'isOwnId' | 'payload'>, boolean>

type Field = keyof typeof fields
const compared = Object.keys(fields) as readonly Field[]
const rare = compared.filter((field) => !fields[field])

const isPlain = (job: NewJob): boolean =>
  rare.every((field) => job[field] === undefined || (field === 'tags' && job.tags.length === 0))

/** Equal in all but id and payload. */
function isAlike(a: NewJob, b: NewJob): boolean {
  for (const field of compared) if (a[field] !== b[field] && !isSame(a[field], b[field])) return false
  return true
}

/** Lists and records of a policy are small, and the same object for most jobs. */
const isSame = (a: unknown, b: unknown): boolean =>
  typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b)

/** What became of a sheaf: the state of each kind, where every job is new; or one answer a job. */
export type Bound = { readonly created: readonly State[] } | { readonly each: readonly Enqueued[] }

export function answersOf(bound: Bound, jobs: readonly NewJob[]): readonly Enqueued[] {
  if ('each' in bound) return bound.each
  const [only] = bound.created
  if (bound.created.length === 1)
    return jobs.map(({ id, task }) => ({ id, outcome: 'created', state: only as State, task }))
  const kinds = kindsOf(jobs) ?? []
  return jobs.map((job) => ({
    id: job.id,
    outcome: 'created',
    state: bound.created[kinds.findIndex(({ like }) => isAlike(like, job))] as State,
    task: job.task,
  }))
}

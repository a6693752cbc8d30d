import { defaults } from './defaults.ts'
import { showMs } from './duration.ts'
import type { Instant, Retention } from './job.ts'
import { showBytes } from './size.ts'
import { type FinalState, finalStates } from './state.ts'
import { keptUntil } from './unique.ts'

/** What is kept of finished jobs at most. What is left out is not limited, or for `ageMs` as elsewhere. */
export interface Keeping {
  /** For jobs whose task says no age of its own; `null` keeps them for ever. */
  readonly ageMs?: number | null
  readonly count?: number
  /** Of their weights: their texts and what their rows take, as they ended. */
  readonly bytes?: number
}
export type StateKeeping = Readonly<Partial<Record<FinalState, Keeping>>>

/** What the whole store keeps of each final state, and what single queues do. A queue's age comes before the store's. */
export interface RetentionPolicy extends StateKeeping {
  readonly queues?: Readonly<Record<string, StateKeeping>>
}

/** A finished job, as far as a policy looks at it. */
export interface Finished {
  readonly state: FinalState
  readonly queue: string
  readonly retain: Retention
  readonly finishedAt: Instant
  /** Until when it holds its unique key in this state: `Infinity` without an end; absent when it holds none. */
  readonly heldUntil?: number | undefined
}

const ofQueue = ({ queues = {} }: RetentionPolicy, queue: string): StateKeeping =>
  Object.hasOwn(queues, queue) ? (queues[queue] ?? {}) : {}

/** The rules for one kind of finished job, the nearest first. */
const rulesFor = (
  policy: RetentionPolicy | undefined,
  { queue, state }: Pick<Finished, 'queue' | 'state'>,
) => (policy ? [ofQueue(policy, queue)[state], policy[state]].filter((rule) => rule !== undefined) : [])

/**
 * Until when a finished job is kept; `undefined` for ever. What its task says comes first, then its queue, then the store;
 * an age that equals the default counts as not said.
 */
export function keepUntil(policy: RetentionPolicy | undefined, job: Finished): Instant | undefined {
  const own = job.retain[job.state]
  const rule = rulesFor(policy, job).find(({ ageMs }) => ageMs !== undefined)
  const ageMs = rule && own === defaults.retain[job.state] ? (rule.ageMs ?? null) : own
  const keep = ageMs === null ? undefined : job.finishedAt + ageMs
  return job.heldUntil === undefined ? keep : keptUntil(keep, job.heldUntil)
}

/** Whether count and bytes may take it: a job that holds its unique key for a time is left alone. */
export function isWeighed(policy: RetentionPolicy | undefined, job: Finished): boolean {
  const { heldUntil = Infinity, finishedAt } = job
  return rulesFor(policy, job).length > 0 && (heldUntil === Infinity || heldUntil <= finishedAt)
}

/** Whether anybody asks for bytes, so that jobs must be measured. */
export const asksBytes = (policy: RetentionPolicy): boolean =>
  rulesOf(policy).some(({ limit }) => limit.bytes !== undefined)

/** Bytes that the rows and index entries of a job take besides its texts, and those of one attempt: rounded up. */
export const rowBytes = { job: 400, attempt: 100 } as const

/** One rule of a policy; of the whole store where it names no queue. */
export interface Rule {
  readonly queue?: string
  readonly state: FinalState
  readonly limit: Keeping
}

/** Every rule, those of the whole store first. */
export function rulesOf(policy: RetentionPolicy): readonly Rule[] {
  const of = (rules: StateKeeping, queue?: string) =>
    finalStates.flatMap((state) => {
      const limit = rules[state]
      return limit ? [{ state, limit, ...(queue !== undefined && { queue }) }] : []
    })
  const queues = Object.keys(policy.queues ?? {}).sort()
  return [...of(policy), ...queues.flatMap((queue) => of(ofQueue(policy, queue), queue))]
}

/** The rules that limit count or bytes, in the order in which they are seen to. */
export const boundsOf = (policy: RetentionPolicy): readonly Rule[] =>
  rulesOf(policy).filter(({ limit }) => limit.count !== undefined || limit.bytes !== undefined)

/** How many of the oldest jobs, with these weights, have to go until the rest is within the limit. */
export function surplus(
  { count = Infinity, bytes = Infinity }: Keeping,
  kept: { readonly count: number; readonly bytes: number },
  oldest: readonly number[],
): number {
  let [left, size, n] = [kept.count, kept.bytes, 0]
  while (n < oldest.length && (left > count || size > bytes)) {
    left -= 1
    size -= oldest[n++] ?? 0
  }
  return n
}

/** The policy that stands in a store, and who put it there. */
export interface Standing {
  readonly policy: RetentionPolicy
  readonly by: string
  readonly at: Instant
  /** Of the release whose code says it. */
  readonly deployedAt?: Instant
}

/** What a store does with a policy that it is given; `null` lifts all limits. */
export interface RetentionOrder {
  readonly to: RetentionPolicy | null
  readonly by: string
  /** A release that was deployed before the one whose policy stands is not heard. */
  readonly deployedAt?: Instant
}
export type Ordered = 'set' | 'same' | 'older'

export function orderedAs(standing: Standing | undefined, { to, deployedAt }: RetentionOrder): Ordered {
  if (samePolicy(standing?.policy ?? null, to)) return 'same'
  const isOlder =
    deployedAt !== undefined && standing?.deployedAt !== undefined && deployedAt < standing.deployedAt
  return isOlder ? 'older' : 'set'
}

const samePolicy = (a: RetentionPolicy | null, b: RetentionPolicy | null): boolean =>
  JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)])
}

/** Limits in words, for people and the audit log. */
export function showKeeping({ ageMs, count, bytes }: Keeping): string {
  const age = ageMs === null ? 'for ever' : ageMs !== undefined && showMs(ageMs)
  return [
    age,
    count !== undefined && `at most ${count}`,
    bytes !== undefined && `at most ${showBytes(bytes)}`,
  ]
    .filter(Boolean)
    .join(', ')
}

/** A policy in one line. */
export const showPolicy = (policy: RetentionPolicy): string =>
  rulesOf(policy)
    .map(
      ({ queue, state, limit }) => `${queue === undefined ? '' : `${queue}: `}${state} ${showKeeping(limit)}`,
    )
    .join('; ')

/** An entry of a log that only grows: its number rises by one. */
export interface Entry {
  readonly n: number
  readonly at: Instant
}

/** How many of the oldest entries are too old, or too many. */
export function stale(
  oldest: readonly Entry[],
  { ageMs, count }: { readonly ageMs: number; readonly count: number },
  { now, newest }: { readonly now: Instant; readonly newest: number },
): number {
  const first = oldest.findIndex(({ n, at }) => at > now - ageMs && n > newest - count)
  return first < 0 ? oldest.length : first
}

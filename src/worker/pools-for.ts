import { defaults } from '../job/defaults.ts'
import { InvalidOption, nearest } from '../job/errors.ts'
import { checkCount } from '../job/name.ts'
import type { Handled } from './handler.ts'
import { newPool, type Pool } from './pool.ts'

/** Slots a queue: one pool for each queue that is named, one for all the others of the handled tasks. */
export interface SlotCounts {
  readonly concurrency?: number
  readonly queues?: Readonly<Record<string, { readonly concurrency: number }>>
}

/** @throws {InvalidOption} LW1201 for a queue that no handled task uses, and for slots that are no whole number from 1. */
export function poolsFor(handled: readonly Handled[], { concurrency, queues = {} }: SlotCounts): Pool[] {
  if (typeof queues !== 'object' || queues === null)
    throw new InvalidOption(
      'queues',
      queues,
      "an object such as { emails: { concurrency: 5 }, '*': { concurrency: 10 } }",
    )
  const served = [...new Set(handled.map(({ task }) => task.policy.queue))]
  const named = Object.entries(queues).filter(([name]) => name !== '*')
  for (const [name] of named) {
    if (served.includes(name)) continue
    const near = nearest(name, served)
    throw new InvalidOption(
      'queues',
      name,
      `a queue of a handled task: ${served.join(', ')}${near ? ` (did you mean ${near}?)` : ''}`,
    )
  }
  const rest = served.filter((name) => !Object.hasOwn(queues, name))
  const shared = slots(queues['*']?.concurrency ?? concurrency ?? defaults.concurrency, 'concurrency')
  const pools = named.map(([name, one]) =>
    newPool([name], slots(one?.concurrency, `queues.${name}.concurrency`), batchMaxOf(handled, [name])),
  )
  return rest.length > 0 ? [...pools, newPool(rest, shared, batchMaxOf(handled, rest))] : pools
}

/** A slot of a queue with any other task takes one job: it would be claimed for nothing while there is no slot for it. */
const batchMaxOf = (handled: readonly Handled[], queues: readonly string[]): number =>
  Math.min(
    ...handled.filter(({ task }) => queues.includes(task.policy.queue)).map(({ batch }) => batch?.max ?? 1),
  )

const slots = (count: unknown, option: string): number => checkCount(count, option, 1, 100_000)

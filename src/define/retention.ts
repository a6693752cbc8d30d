import { toDeployedAt } from '../job/deployed-at.ts'
import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'
import { checkCount, checkKnown, checkName } from '../job/name.ts'
import type { Keeping, RetentionOrder, RetentionPolicy, StateKeeping } from '../job/retention.ts'
import { type Size, toBytes } from '../job/size.ts'
import { type FinalState, finalStates } from '../job/state.ts'

/** What is kept of the jobs of one final state at most; the oldest leave first. */
export interface KeepOptions {
  /** For jobs whose task does not say it in `retain`. Default: completed a day, cancelled 7 days, dead for ever. */
  readonly age?: Duration | 'forever'
  /** Jobs. */
  readonly count?: number
  /** Of input, result, errors and log, and 400 bytes a job and 100 an attempt for their rows; as they were when it ended. */
  readonly bytes?: Size
}
export type StateKeepOptions = { readonly [S in FinalState]?: KeepOptions }

/** What a store keeps of finished jobs; of single queues too, whose limits hold besides those of the store. */
export interface RetentionOptions extends StateKeepOptions {
  readonly queues?: Readonly<Record<string, StateKeepOptions>>
}

/** A policy as the store takes it. @throws {InvalidOption} LW1201 */
export function toRetentionPolicy(options: RetentionOptions, at = 'retention'): RetentionPolicy {
  checkKnown(options, [...finalStates, 'queues'], `${at} option`)
  const { queues, ...states } = options
  if (queues !== undefined && (typeof queues !== 'object' || queues === null || Array.isArray(queues)))
    throw new InvalidOption(`${at}.queues`, queues, 'an object with the names of queues')
  const named = Object.entries(queues ?? {}).map(([name, rules]) => {
    const path = `${at}.queues.${checkName(name, `${at}.queues`)}`
    checkKnown(rules, finalStates, `${path} option`)
    return [name, toStates(rules, path)] as const
  })
  const policy = {
    ...toStates(states, at),
    ...(named.length > 0 && { queues: Object.fromEntries(named) }),
  }
  if (Object.keys(policy).length > 0) return policy
  throw new InvalidOption(at, options, `any of ${finalStates.join(', ')}, queues; null lifts all limits`)
}

function toStates(options: StateKeepOptions, at: string): StateKeeping {
  const given = finalStates.filter((state) => options[state] !== undefined)
  return Object.fromEntries(given.map((state) => [state, toKeeping(options[state], `${at}.${state}`)]))
}

function toKeeping(options: KeepOptions | undefined, at: string): Keeping {
  checkKnown(options, ['age', 'count', 'bytes'], `${at} option`)
  const { age, count, bytes } = options ?? {}
  if (age === undefined && count === undefined && bytes === undefined)
    throw new InvalidOption(at, options, 'any of age, count and bytes')
  return {
    ...(age !== undefined && { ageMs: age === 'forever' ? null : toMs(age, `${at}.age`, 1) }),
    ...(count !== undefined && { count: checkCount(count, `${at}.count`, 1, 1e12) }),
    ...(bytes !== undefined && { bytes: toBytes(bytes, `${at}.bytes`, [1, 2 ** 50]) }),
  }
}

/** The same, as an order to a store. @throws {InvalidOption} LW1201 */
export const retentionOrder = (options: RetentionOptions | null, by: string): RetentionOrder => ({
  to: options === null ? null : toRetentionPolicy(options),
  by,
})

/** What code says of retention when its worker starts; nothing where it says nothing. */
export function declaredRetention({
  retention,
  deployedAt,
}: {
  readonly retention?: RetentionOptions | null | undefined
  readonly deployedAt?: Date | number | string | undefined
}): RetentionOrder | undefined {
  const at = toDeployedAt(deployedAt)
  if (retention === undefined) return undefined
  return { ...retentionOrder(retention, 'code'), ...(at !== undefined && { deployedAt: at }) }
}

import type { BulkPlan } from '../job/bulk.ts'
import type { DeadFilter } from '../job/dead.ts'
import { InvalidOption } from '../job/errors.ts'
import { checkCount, checkKnown, checkName, checkReason } from '../job/name.ts'
import { type Rate, toPerSecond } from '../job/rate.ts'
import type { Store } from '../store/index.ts'
import type { AnyEdit, EditInput } from './edit.ts'

export interface PurgeOptions {
  /** How fast at most, such as `'50/s'`. Default: as fast as the store goes, in steps of 200. */
  readonly rate?: Rate
  /** Ends after so many. */
  readonly limit?: number
  /** Who does it, for the audit log. Default `application`. */
  readonly by?: string
  /** Only counts what it would do. */
  readonly dryRun?: boolean
}

export interface RedriveOptions<In = unknown> extends PurgeOptions {
  /** Brings back the first so many and waits until they are completed; when one is not, the redrive is stopped. At most 1,000. */
  readonly canary?: number
  /** Another queue for them to go to. */
  readonly to?: string
  /** Makes the new input of each job; validated by its task. One for which it fails stays dead and is counted. */
  readonly edit?: EditInput<In>
}

/** Redrive options of whatever task. */
export type AnyRedriveOptions = Omit<RedriveOptions, 'edit'> & { readonly edit?: AnyEdit | undefined }

/** What a dry run found. */
export interface Forecast {
  readonly total: number
  /** The first few, oldest death first. */
  readonly sample: readonly string[]
}

const most = 1_000_000_000

/** The plan of an operation, checked. @throws {InvalidOption} LW1201 */
export function toPlan(
  kind: BulkPlan['kind'],
  filter: DeadFilter,
  options: AnyRedriveOptions,
): Omit<BulkPlan, 'id' | 'driver'> {
  const own = kind === 'redrive' ? ['canary', 'to', 'edit'] : []
  checkKnown(options, ['rate', 'limit', 'by', 'dryRun', ...own], `${kind} option`)
  const { rate, limit, by = 'application', dryRun, canary, to, edit } = options
  if (limit !== undefined) checkCount(limit, 'limit', 1, most)
  if (canary !== undefined) checkCount(canary, 'canary', 1, 1_000)
  if (canary !== undefined && limit !== undefined && canary > limit)
    throw new InvalidOption('canary', canary, `at most the limit, ${limit}`)
  if (dryRun !== undefined && typeof dryRun !== 'boolean')
    throw new InvalidOption('dryRun', dryRun, 'true or false')
  if (edit !== undefined && typeof edit !== 'function')
    throw new InvalidOption('edit', edit, 'a function that gives the new input')
  return {
    kind,
    filter,
    by: checkReason(by, 'by'),
    ...(rate !== undefined && { perSecond: toPerSecond(rate, 'rate') }),
    ...(limit !== undefined && { limit }),
    ...(canary !== undefined && { canary }),
    ...(to !== undefined && { to: checkName(to, 'to') }),
    ...(edit !== undefined && { needsCode: true }),
  }
}

/** Jobs of one look. */
const pageMax = 5_000

/** Counts the dead letters that a filter lets through, up to `limit`: in pages, whatever there is. */
export async function forecast(
  store: Store,
  filter: DeadFilter,
  { limit = Infinity, hear }: { readonly limit?: number; readonly hear?: (total: number) => void } = {},
): Promise<Forecast> {
  let total = 0
  const sample: string[] = []
  for (let after = 0; ; ) {
    const page = await store.bulk.page({ filter, after, limit: Math.min(pageMax, limit - total) })
    total += page.jobs.length
    sample.push(...page.jobs.slice(0, 10 - sample.length).map(({ id }) => id))
    hear?.(total)
    if (page.isEnd || total >= limit) return { total, sample }
    after = page.to
  }
}

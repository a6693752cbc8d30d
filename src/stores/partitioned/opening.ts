import { StoreError } from '../../job/errors.ts'
import { digestOf } from '../../job/schedule.ts'
import type { DurabilityReport, Finding, Store } from '../../store/index.ts'
import { outages, type Part } from './part.ts'

/** The queue, of which there are never jobs, as whose declaration a store keeps which partition it is. */
export const place = '~partition'

/** Opens all of them, and checks that each is the partition that it is taken for. @throws {StoreError} LW1030 */
export async function openAll(parts: readonly Part[], spread: readonly string[]): Promise<DurabilityReport> {
  const reports = await asOne(parts, (store) => store.open())
  await Promise.all(parts.map((part) => stand(part, { of: parts.length, spread })))
  const findings: Finding[] = [
    {
      about: 'partitions',
      value: spread.length > 0 ? `${parts.length}, spread: ${spread.join(', ')}` : `${parts.length}`,
      verdict: 'good',
    },
  ]
  const told = new Set<string>()
  for (const finding of reports.flatMap((report) => report.findings)) {
    // The same of each, but for figures such as the memory in use.
    const { value: _value, ...about } = finding
    const text = JSON.stringify(about)
    if (!told.has(text)) findings.push(finding)
    told.add(text)
  }
  const level = levels.find((one) => reports.some((report) => report.level === one)) ?? 'volatile'
  return { level, findings }
}

/** All of them, or the error of one, which names it. */
export const asOne = <T>(parts: readonly Part[], work: (store: Store) => Promise<T>): Promise<T[]> =>
  Promise.all(
    parts.map(async ({ store, index }) => {
      try {
        return await work(store)
      } catch (error) {
        if (!(error instanceof StoreError) || !outages.has(error.code)) throw error
        const text = `partition ${index + 1} of ${parts.length} does not answer, and a store opens when all do: ${error.message}`
        throw new StoreError(error.code, text, { partition: index + 1 }, { cause: error })
      }
    }),
  )

/** The weakest first. */
const levels = ['volatile', 'process-safe', 'power-safe'] as const

/** Written once and never changed: a declaration in the place of none is taken from one caller only. */
async function stand(
  { store, index }: Part,
  { of, spread }: { readonly of: number; readonly spread: readonly string[] },
): Promise<void> {
  const here = `partition ${index + 1} of ${of}`
  const digest = `${here} spread ${spreadText(spread)}`
  let found = await standing(store)
  if (found === undefined) {
    await checkUnused(store, here)
    await store.setQueues([{ name: place, declared: { digest } }])
    found = await standing(store)
  }
  if (found === digest) return
  const [what = '', queues = ''] = (found ?? '').split(' spread ')
  const other = what === here ? `${here} spreads ${queues}, not ${spreadText(spread)},` : `${here} is ${what}`
  throw new StoreError(
    'LW1030',
    `${other} in the store: the number of partitions, their order and the spread queues are fixed when a store is made. Open it as it was made, or use another prefix.`,
    { found, expected: digest },
  )
}

/** Queues of before would not be in their homes, and ids of before have no names. @throws {StoreError} LW1030 */
async function checkUnused(store: Store, here: string): Promise<void> {
  const used = (await store.counts()).find(({ queue }) => queue !== place)
  // Somebody else may have made it a partition, and enqueued, in this moment.
  if (!used || (await standing(store)) !== undefined) return
  throw new StoreError(
    'LW1030',
    `what is to be ${here} is a store of its own, with queue ${used.queue}: its jobs would be looked for elsewhere. Nothing was changed. Use a store that is new, or another prefix.`,
    { queue: used.queue },
  )
}

async function standing(store: Store): Promise<string | undefined> {
  return (await store.counts([place]))[0]?.declared?.digest
}

/** The queues themselves where that is a short text. */
function spreadText(spread: readonly string[]): string {
  const text = [...new Set(spread)].sort().join(', ')
  return text.length <= 200 ? text || 'none' : `${spread.length} queues ${digestOf(text)}`
}

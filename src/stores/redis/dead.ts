import { type FailureGroup, groupOf, trendOf } from '../../job/dead.ts'
import type { BulkRoom, DeadAsk, DeadPage, Failures } from '../../store/index.ts'
import { given, parsed, rowsOf } from './row.ts'
import type { Run } from './script.ts'

/** A group as dead.lua keeps it, with the parts of its key. */
interface GroupRow {
  readonly n: number
  readonly task: string
  readonly queue: string
  readonly fingerprint: string
  readonly name: string
  readonly message: string
  readonly count: number
  readonly total: number
  readonly first: number
  readonly last: number
  readonly status: FailureGroup['status']
  readonly again?: number
  readonly hours: Readonly<Record<string, number>>
  readonly sample?: string
}

export const failuresWith = (run: Run): Failures => ({
  async list(where = {}) {
    const [now, ...rows] = rowsOf(await run('failuresList', JSON.stringify(where)))
    const groups = rows.map((row) => toGroup(parsed<GroupRow>(row), Number(now)))
    return groups.sort((a, b) => b.count - a.count || b.lastSeenAt - a.lastSeenAt || order(a, b))
  },
  async mark(marks) {
    return rowsOf(await run('failuresMark', ...marks.map((mark) => JSON.stringify(mark)))).map(Number)
  },
})

function toGroup({ n: _n, first, last, again, hours, sample, ...row }: GroupRow, now: number): FailureGroup {
  const trend = trendOf(new Map(Object.entries(hours).map(([hour, n]) => [Number(hour), n])), now)
  return {
    ...row,
    // One that died without an error: the script keeps no more than the reason.
    ...(row.message === '' &&
      row.name === row.fingerprint && { message: groupOf(row.name, undefined).message }),
    firstSeenAt: first,
    lastSeenAt: last,
    trend,
    ...given('regressedAt', again),
    ...given('sampleJobId', sample),
  }
}

const keyOf = ({ task, queue, fingerprint }: FailureGroup) => JSON.stringify([task, queue, fingerprint])
const order = (a: FailureGroup, b: FailureGroup) => (keyOf(a) < keyOf(b) ? -1 : 1)

/** The next dead jobs that a filter lets through. */
export async function page(run: Run, { filter, after, upTo, limit }: DeadAsk): ReturnType<BulkRoom['page']> {
  const reply = rowsOf(await run('deadPage', JSON.stringify(filter), after, upTo ?? '', limit))
  const [isEnd, to, found] = reply
  const flat = rowsOf(found)
  const jobs: DeadPage['jobs'][number][] = []
  for (let i = 0; i < flat.length; i += 2) jobs.push({ id: String(flat[i]), death: Number(flat[i + 1]) })
  return { jobs, to: Number(to), isEnd: isEnd === 1 }
}

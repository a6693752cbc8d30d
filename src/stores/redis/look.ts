import { placeOf } from '../../store/cursor.ts'
import type { Job } from '../../job/job.ts'
import { allStates, type State } from '../../job/state.ts'
import type {
  Change,
  Changes,
  Count,
  Found,
  QueueLimits,
  RunningView,
  Since,
  Where,
  WorkerAbout,
  WorkerView,
} from '../../store/index.ts'
import type { Reply } from './port.ts'
import { given, parsed, rowsOf, textOf, toAttempt, toJob, toProgress } from './row.ts'
import type { Run } from './script.ts'

/** Jobs of one answer: with their logs they may be large. */
const chunk = 100

export async function get(
  run: Run,
  ids: readonly string[],
  options: { attempts?: boolean; logs?: boolean; revisions?: boolean },
): Promise<readonly (Job | undefined)[]> {
  const wants = `${options.attempts ? 'a' : ''}${options.logs ? 'l' : ''}${options.revisions ? 'r' : ''}`
  const jobs: (Job | undefined)[] = []
  for (let from = 0; from < ids.length; from += chunk) {
    const rows = rowsOf(await run('get', wants, ...ids.slice(from, from + chunk)))
    for (let i = 0; i < Math.min(chunk, ids.length - from); i++) jobs.push(toJob(rows[i]))
  }
  return jobs.map((job) => job && { ...job, ...(options.revisions && { revisions: job.revisions ?? [] }) })
}

export async function find(run: Run, where: Where, { limit, cursor }: FindPage): Promise<Found> {
  const below = cursor === undefined ? '' : placeOf(cursor, 10)
  const [place, ...rows] = rowsOf(await run('find', JSON.stringify(where), limit, below))
  const jobs = rows.map(toJob).filter((job) => job !== undefined)
  return { jobs, ...(place !== '' && { cursor: textOf(place) }) }
}
interface FindPage {
  readonly limit: number
  readonly cursor?: string
}

interface Counted {
  readonly counts: Readonly<Record<string, string>>
  readonly oldest: Readonly<Record<string, number>>
  readonly paused: Readonly<Record<string, string>>
  readonly limits: Readonly<Record<string, string>>
  readonly declared: Readonly<Record<string, string>>
}

export async function counts(run: Run, only?: readonly string[]): Promise<readonly Count[]> {
  const found = parsed<Counted>(await run('counts'))
  const states = new Map<string, Record<State, number>>()
  const of = (queue: string) => {
    const row = states.get(queue) ?? zero()
    states.set(queue, row)
    return row
  }
  for (const [key, n] of Object.entries(found.counts)) {
    const [queue = '', state] = key.split('\n')
    of(queue)[state as State] = Number(n)
  }
  for (const queue of [
    ...Object.keys(found.paused),
    ...Object.keys(found.limits),
    ...Object.keys(found.declared),
  ])
    of(queue)
  return [...states.keys()]
    .filter((queue) => only?.includes(queue) ?? true)
    .sort()
    .map((queue) => ({
      queue,
      states: of(queue),
      ...given('paused', own(found.paused, queue) as Count['paused']),
      ...given('limits', own(found.limits, queue) as QueueLimits | undefined),
      ...given('declared', own(found.declared, queue) as Count['declared']),
      ...(Object.hasOwn(found.oldest, queue) && { oldestReadyAt: found.oldest[queue] as number }),
    }))
}

const own = (texts: Readonly<Record<string, string>>, key: string): unknown =>
  Object.hasOwn(texts, key) ? JSON.parse(texts[key] as string) : undefined

const zero = () => Object.fromEntries(allStates.map((state) => [state, 0])) as Record<State, number>

type WorkerRow = Omit<WorkerView, keyof WorkerAbout> & { readonly n: number; readonly about: string }

export async function workers(run: Run): Promise<readonly WorkerView[]> {
  const rows = rowsOf(await run('workers')).map((row) => parsed<WorkerRow>(row))
  return rows
    .sort((a, b) => a.n - b.n)
    .map(({ n: _n, about, ...row }) => ({ ...(JSON.parse(about) as WorkerAbout), ...row }))
}

export async function changes(run: Run, { after, limit, running = 0 }: Since): Promise<Changes> {
  const place = after?.split('.').map(Number) ?? []
  const reply = rowsOf(await run('changes', limit, running, ...place))
  const [came, ended, acted, runs, cursor, enqueued, endings, more, closed] = reply
  const items: Change[] = [
    ...rowsOf(came).map(toCame),
    ...rowsOf(ended).map(toEnded),
    ...rowsOf(closed).map((row) => ({ kind: 'closed' as const, ...parsed<Omit<Closed, 'kind'>>(row) })),
    ...rowsOf(acted).map((row) => ({ kind: 'acted' as const, ...parsed<Omit<Acted, 'kind'>>(row) })),
  ]
  return {
    items: items.sort((a, b) => a.at - b.at),
    running: rowsOf(runs).map(toRunning),
    cursor: textOf(cursor),
    totals: { enqueued: Number(enqueued), ended: Number(endings) },
    more: more === 1,
  }
}
type Acted = Extract<Change, { kind: 'acted' }>
type Closed = Extract<Change, { kind: 'closed' }>

function nameOf(text: string) {
  const [id = '', task = '', queue = '', state = ''] = text.split('\n')
  return { id, task, queue, state: state as State }
}

function toCame(reply: Reply): Change {
  const { at, name } = parsed<{ at: number; name: string }>(reply)
  return { at, kind: 'enqueued', ...nameOf(name) }
}

function toEnded(reply: Reply): Change {
  const row = parsed<Parameters<typeof toAttempt>[0] & { readonly name: string }>(reply)
  return { at: row.e, kind: 'ended', ...nameOf(row.name), attempt: toAttempt(row) }
}

interface RunningRow {
  readonly name: string
  readonly attempt: number
  readonly worker: string
  readonly startedAt: number
  readonly pr?: string
}

function toRunning(reply: Reply): RunningView {
  const { name, pr, ...row } = parsed<RunningRow>(reply)
  const { state: _state, ...job } = nameOf(name)
  return { ...job, ...row, ...given('progress', pr === undefined ? undefined : toProgress(pr)) }
}

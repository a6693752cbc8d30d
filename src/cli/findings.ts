import { knownVersion } from '../job/known.ts'
import type { Count, Finding, Job, Store, WorkerView } from '../store/index.ts'
import { namedStates } from '../job/unique.ts'
import { version } from '../version.ts'
import { healthOf, isAlive, serving } from './health.ts'
import { scheduleFindings } from './schedule-findings.ts'
import { plural } from './table.ts'

/** What `doctor` says about the jobs and the workers of an open store: what nobody would run comes first. */
export async function lifeFindings(store: Store, now: number): Promise<Finding[]> {
  const [counts, workers, waiting] = await Promise.all([
    store.counts(),
    store.workers(),
    store.find({ states: ['ready', 'scheduled'] }, { limit: sampled }),
  ])
  return [
    workersFinding(workers, now),
    ...heldFindings(workers, now),
    ...queueFindings(counts, workers, now),
    ...taskFindings(waiting.jobs, workers, now),
    ...versionFindings(waiting.jobs, workers, now),
    ...(await scheduleFindings(store, now)),
    jobsFinding(counts),
  ]
}

/** Waiting jobs that are looked at for tasks that nobody handles: the newest ones. */
const sampled = 100

function workersFinding(workers: readonly WorkerView[], now: number): Finding {
  const alive = workers.filter((worker) => isAlive(worker, now))
  const others = alive.filter((worker) => worker.version !== version).length
  return {
    about: 'workers',
    value: `${alive.length} alive`,
    verdict: others > 0 ? 'warn' : 'good',
    ...(others > 0 && { note: `${plural(others, 'worker')} of another version than ${version}` }),
  }
}

function heldFindings(workers: readonly WorkerView[], now: number): Finding[] {
  const silent = workers.filter((worker) => worker.running > 0 && !isAlive(worker, now))
  if (silent.length === 0) return []
  const held = silent.reduce((sum, { running }) => sum + running, 0)
  const names = some(silent.map(({ host, pid }) => `${host}:${pid}`))
  const next = workers.some((worker) => isAlive(worker, now))
    ? 'a live worker takes them over as soon as it looks'
    : 'the next worker takes them over: legwork worker FILE'
  return [
    {
      about: 'held',
      value: plural(held, 'running job'),
      verdict: 'warn',
      note: `held by ${names}, gone or silent; ${next}`,
    },
  ]
}

function queueFindings(counts: readonly Count[], workers: readonly WorkerView[], now: number): Finding[] {
  const lonely = counts.filter(
    (count) => healthOf(count, serving(count.queue, workers, now).length) === 'no worker',
  )
  const full = counts.filter(isFull)
  const fullFinding: Finding = {
    about: 'limits',
    value: some(full.map(({ queue, limits }) => `${queue} (${limits?.maxWaiting})`)),
    verdict: 'warn',
    note: 'as many jobs wait as the limit allows, so an enqueue is refused: legwork queues limit',
  }
  const fulls = full.length > 0 ? [fullFinding] : []
  if (lonely.length === 0) return fulls
  return [
    ...fulls,
    {
      about: 'queues',
      value: some(lonely.map(({ queue }) => queue)),
      verdict: 'warn',
      note: 'unfinished jobs and no live worker: legwork worker FILE',
    },
  ]
}

/** Waiting jobs whose payload is of a newer version than any live worker of their queue knows. */
function versionFindings(jobs: readonly Job[], workers: readonly WorkerView[], now: number): Finding[] {
  const stuck = new Set<string>()
  for (const { queue, task, version: needed } of jobs) {
    const able = serving(queue, workers, now).filter(({ tasks }) => tasks.includes(task))
    const known = Math.max(...able.map((worker) => knownVersion(worker, task)))
    if (able.length > 0 && known < needed)
      stuck.add(
        `${task} version ${needed} (${plural(able.length, 'worker')} of queue ${queue} know ${known})`,
      )
  }
  if (stuck.size === 0) return []
  const note = 'jobs wait for a worker that knows the version of their payload'
  return [{ about: 'versions', value: some([...stuck]), verdict: 'warn', note }]
}

const isFull = ({ limits, states }: Count): boolean =>
  limits?.maxWaiting !== undefined &&
  namedStates.waiting.reduce((n, state) => n + states[state], 0) >= limits.maxWaiting

/** Tasks of waiting jobs whose queue is served, but by nobody who has a handler for them. */
function taskFindings(jobs: readonly Job[], workers: readonly WorkerView[], now: number): Finding[] {
  const lost = jobs.filter(({ queue, task }) => {
    const live = serving(queue, workers, now)
    return live.length > 0 && !live.some(({ tasks }) => tasks.includes(task))
  })
  if (lost.length === 0) return []
  const names = new Set(lost.map(({ queue, task }) => `${task} (queue ${queue})`))
  return [
    {
      about: 'tasks',
      value: some([...names]),
      verdict: 'warn',
      note: 'jobs wait and no live worker of their queue has a handler for them',
    },
  ]
}

/** From here on they are told as what fills the store: the default keeps them for ever. */
const manyDead = 100_000
const tooManyDead =
  'dead letters are kept until somebody acts: legwork dead, then redrive, or legwork dead purge --until 30d'

function jobsFinding(counts: readonly Count[]): Finding {
  const sum = (state: keyof Count['states']) => counts.reduce((n, { states }) => n + states[state], 0)
  return {
    about: 'jobs',
    value: (['ready', 'running', 'scheduled', 'dead', 'completed', 'cancelled'] as const)
      .map((state) => `${sum(state)} ${state}`)
      .join(', '),
    verdict: sum('dead') > 0 ? 'warn' : 'good',
    ...(sum('dead') > 0 && { note: sum('dead') < manyDead ? 'legwork dead' : tooManyDead }),
  }
}

/** The first few of many names. */
const some = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')

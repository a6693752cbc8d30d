import type { Count, RunningView, Store, WorkerView } from '../store/index.ts'
import { type Health, healthOf, isAlive, serving } from './health.ts'
import { iso } from './view.ts'

/** What `top` shows at one moment. */
export interface Look {
  readonly at: number
  readonly queues: readonly QueueLook[]
  readonly workers: readonly WorkerView[]
  /** The longest first. */
  readonly running: readonly RunningView[]
  /** Of all queues; attempts that end, jobs that come, each second. Undefined at the first look. */
  readonly rates: Rates | undefined
  /** To take the next look's rates from. */
  readonly sample: Sample
}
export interface QueueLook extends Count {
  readonly health: Health
  readonly live: number
  readonly rates: Rates | undefined
}
export interface Rates {
  readonly in: number
  readonly out: number
}
interface Sample {
  /** Milliseconds of the monotonic clock. */
  readonly at: number
  readonly totals: { readonly enqueued: number; readonly ended: number }
  readonly queues: ReadonlyMap<string, { readonly all: number; readonly final: number }>
}

/** Running jobs that are shown. */
const longest = 50

/** Three reads, none of which looks at the jobs that wait. */
export async function look(
  store: Store,
  before: Sample | undefined,
  clock: { now(): number; monotonic(): number },
): Promise<Look> {
  const [counts, workers, { running, totals }] = await Promise.all([
    store.counts(),
    store.workers(),
    store.changes({ limit: 1, running: longest }),
  ])
  const at = clock.now()
  const sample: Sample = {
    at: clock.monotonic(),
    totals,
    queues: new Map(counts.map((count) => [count.queue, sumsOf(count)])),
  }
  const queues = counts.map((count) => {
    const live = serving(count.queue, workers, at).length
    return { ...count, live, health: healthOf(count, live), rates: ratesOf(count.queue, before, sample) }
  })
  const seconds = before === undefined ? 0 : (sample.at - before.at) / 1_000
  const rates =
    before && seconds > 0
      ? {
          in: (totals.enqueued - before.totals.enqueued) / seconds,
          out: (totals.ended - before.totals.ended) / seconds,
        }
      : undefined
  return { at, queues, workers: workers.filter((worker) => isAlive(worker, at)), running, rates, sample }
}

function sumsOf({ states }: Count) {
  const all = Object.values(states).reduce((sum, n) => sum + n, 0)
  return { all, final: states.completed + states.dead + states.cancelled }
}

/** From the counters: what retention removes meanwhile is not seen, so a rate is never shown below nothing. */
function ratesOf(queue: string, before: Sample | undefined, now: Sample): Rates | undefined {
  const [old, fresh] = [before?.queues.get(queue), now.queues.get(queue)]
  if (!before || !fresh || now.at <= before.at) return undefined
  const perSecond = (difference: number) => (Math.max(0, difference) * 1_000) / (now.at - before.at)
  return { in: perSecond(fresh.all - (old?.all ?? 0)), out: perSecond(fresh.final - (old?.final ?? 0)) }
}

export function lookJson({ at, queues, workers, running, rates }: Look): object {
  return {
    at: iso(at),
    ...(rates && { rates: rounded(rates) }),
    queues: queues.map(({ queue, health, states, live, oldestReadyAt, paused, rates: own }) => ({
      queue,
      health,
      states,
      workers: live,
      ...(oldestReadyAt !== undefined && {
        oldestReadyAt: iso(oldestReadyAt),
        oldestMs: Math.max(0, at - oldestReadyAt),
      }),
      ...(paused && { paused: { ...paused, at: iso(paused.at) } }),
      ...(own && { rates: rounded(own) }),
    })),
    workers: workers.map(({ id, host, pid, queues: served, concurrency, running: used }) => ({
      id,
      host,
      pid,
      queues: served,
      slots: concurrency,
      running: used,
    })),
    running: running.map(({ startedAt, progress, ...job }) => ({
      ...job,
      startedAt: iso(startedAt),
      runningMs: Math.max(0, at - startedAt),
      ...(progress?.percent !== undefined && { percent: progress.percent }),
      ...(progress?.note !== undefined && { note: progress.note }),
    })),
  }
}

const rounded = (rates: Rates) => ({
  in: Math.round(rates.in * 10) / 10,
  out: Math.round(rates.out * 10) / 10,
})

import { WrongMoment } from '../job/errors.ts'
import type { Count, Store } from '../store/index.ts'
import { realClock } from '../world.ts'

/**
 * A handler that has not ended after so many real milliseconds is taken to wait for the time that is to be moved. Counted is
 * only time in which the event loop turned: on a busy machine, or behind a handler that blocks, nothing could have ended.
 */
export const patienceMs = 100

/** One turn counts as at most so much. */
const turnMs = 5

/** Real milliseconds in which no job gets any further, after which waiting is pointless. */
export const defaultStallMs = 5_000

interface Wait {
  readonly store: Store
  /** The queues that count. */
  readonly served: ReadonlySet<string>
  /** Real milliseconds after which handlers that still run are left alone. */
  readonly patienceMs: number
  readonly stallMs: number
}

/**
 * Waits, in real turns of the event loop, until no job of the served queues is ready or running; or, where handlers
 * still run, until patience ends. @throws {WrongMoment} LW1208 when no job gets any further.
 */
export async function idle({ store, served, patienceMs, stallMs }: Wait): Promise<void> {
  let lastAt = realClock.monotonic()
  let waitedMs = 0
  let movedMs = 0
  let seen = ''
  for (let quiet = 0; quiet < 3; ) {
    // Handlers may wait for real things, such as files: let those happen.
    await new Promise((resolve) => setImmediate(resolve))
    const counts = (await store.counts()).filter(({ queue }) => served.has(queue))
    const running = counts.some(({ states }) => states.running > 0)
    quiet = running || counts.some(isReady) ? 0 : quiet + 1
    const now = realClock.monotonic()
    waitedMs += Math.min(turnMs, now - lastAt)
    lastAt = now
    const hasPatience = running && patienceMs < Infinity
    if (hasPatience && waitedMs > patienceMs) return
    const picture = JSON.stringify(counts.map(({ states }) => states))
    if (picture !== seen) [seen, movedMs] = [picture, waitedMs]
    if (quiet === 0 && !hasPatience && waitedMs - movedMs > stallMs)
      throw await stalled(store, { served, stallMs, running })
  }
}

const isReady = ({ states, paused }: Count): boolean => states.ready > 0 && !paused

interface Stall extends Pick<Wait, 'served' | 'stallMs'> {
  readonly running: boolean
}

/** Names one of the jobs that are waited for, and what to do. */
async function stalled(store: Store, { served, stallMs, running }: Stall): Promise<WrongMoment> {
  const { jobs } = await store.find({ states: [running ? 'running' : 'ready'] }, { limit: 1_000 })
  const { id, task, queue } = jobs.find((job) => served.has(job.queue)) ?? {}
  const what = running
    ? `job ${id} of task ${task} is running and has not ended in ${stallMs} ms. If its handler waits for the clock, await t.clock.advance('1m') in the place of drain(), or move the clock without awaiting drain(). If it works that long, raise stall`
    : `job ${id} of task ${task} is ready and no slot of its queue ${queue} has taken it in ${stallMs} ms. A handler that ignores its signal keeps its slot until it ends: pass the signal on, or raise concurrency`
  return new WrongMoment('LW1208', `${what}.`, { id, task })
}

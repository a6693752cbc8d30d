import { type Clock, sleep } from '../job/clock.ts'
import { LegworkError, StoreError } from '../job/errors.ts'
import type { Enqueued, NewJob } from '../job/job.ts'
import type { Write } from './producer.ts'

export interface BufferKit {
  /** Jobs that may be held in this process while the store is out. */
  readonly max: number
  /** How long they are held, from the first call that failed. */
  readonly forMs: number
  readonly clock: Clock
}

export interface Buffer {
  /** Tries again, with the same ids, until the store answers or the time is over. */
  readonly write: Write
  /** Makes a call for `n` jobs; refused while the store is out and too many are held. @throws {StoreError} LW1016 */
  admit<T>(n: number, call: () => Promise<T>): Promise<T>
}

/** Holds jobs in memory through a short outage of the store. What is held is lost with the process, so nobody is told that it is stored. */
export function buffer(write: Write, { max, forMs, clock }: BufferKit): Buffer {
  let held = 0
  let outSince: number | undefined
  /** Calls that have failed and go on: while there are any, others that succeed are about other partitions. */
  const failing = new Set<object>()
  /** Notes a failure; true when the store has been out for as long as anything is held. */
  const isOver = (call: object): boolean => {
    failing.add(call)
    outSince ??= clock.monotonic()
    return clock.monotonic() - outSince >= forMs
  }
  const well = (call: object): void => {
    failing.delete(call)
    if (failing.size === 0) outSince = undefined
  }
  const insist: Write = async (jobs, how = {}) => {
    const answers: Enqueued[] = []
    let open = jobs.map((_, i) => i)
    for (let tries = 0; ; tries++) {
      try {
        const told = await write(
          open.map((i) => jobs[i] as NewJob),
          how,
        )
        told.forEach((answer, n) => (answers[open[n] as number] = answer))
        open = openOf(open, answers, how)
        if (open.length === 0) well(jobs)
        if (open.length === 0 || isOver(jobs)) return answers
      } catch (error) {
        if (!isOutage(error) || isOver(jobs)) throw error
      }
      await sleep(clock, Math.min(1_000, 50 * 2 ** Math.min(tries, 5)))
    }
  }
  return {
    write: (jobs, how) => insist(jobs, how).finally(() => failing.delete(jobs)),
    async admit(n, call) {
      if (outSince !== undefined && held + n > max) throw full(held, max)
      held += n
      try {
        return await call()
      } finally {
        held -= n
      }
    },
  }
}

/** Those whose partition gave no answer; a batch that is written as a whole is said again as a whole. */
function openOf(asked: readonly number[], answers: readonly Enqueued[], { allOrNone = false }): number[] {
  const away = asked.filter((i) => {
    const one = answers[i]
    return one?.outcome === 'refused' && one.refusal.because === 'away'
  })
  return allOrNone && away.length > 0 ? [...asked] : away
}

const full = (held: number, max: number): StoreError =>
  new StoreError(
    'LW1016',
    `the store cannot be reached, and ${held} jobs are held already; the buffer takes ${max}. Nothing of this call was written.`,
    { held, max },
  )

/** Errors that may pass by themselves; every other one of ours says that a repeat is in vain. */
const passing: ReadonlySet<string> = new Set([
  'LW1004',
  'LW1005',
  'LW1007',
  'LW1013',
  'LW1017',
  'LW1021',
  'LW1032',
  'LW1033',
  'LW1034',
])

const isOutage = (error: unknown): boolean => !(error instanceof LegworkError) || passing.has(error.code)

import { type Clock, sleep } from '../job/clock.ts'
import { LegworkError, StoreError } from '../job/errors.ts'
import type { Enqueued, NewJob } from '../job/job.ts'
import type { Write } from './producer.ts'

export interface BufferKit {
  /** Jobs that may be held in this process while the store is out. */
  readonly max: number
  /** How long a call is held, from when it first failed. */
  readonly forMs: number
  readonly clock: Clock
  /** What is away together: calls of one such lane wait for one another. */
  laneOf(job: NewJob): string
}

export interface Buffer {
  /** Tries again, with the same ids, until the store answers or the time is over. */
  readonly write: Write
  /** Makes a call for these jobs of one lane; refused while that lane is out and too many are held. @throws {StoreError} LW1016 */
  admit<T>(jobs: readonly NewJob[], call: () => Promise<T>): Promise<T>
}

interface Lane {
  /** Jobs of calls that are made. */
  held: number
  /** Writes that have failed and go on. */
  readonly failing: Set<object>
}

/** Holds jobs in memory through a short outage of the store. What is held is lost with the process, so nobody is told that it is stored. */
export function buffer(write: Write, { max, forMs, clock, laneOf }: BufferKit): Buffer {
  const lanes = new Map<string, Lane>()
  const nameOf = ([first]: readonly NewJob[]) => (first === undefined ? '' : laneOf(first))
  const laneAt = (name: string): Lane => {
    const lane = lanes.get(name) ?? { held: 0, failing: new Set() }
    lanes.set(name, lane)
    return lane
  }
  /** Calls of lanes that are well are only under way. */
  const heldNow = () =>
    [...lanes.values()].reduce((sum, { held, failing }) => (failing.size > 0 ? sum + held : sum), 0)

  const insist = async (jobs: readonly NewJob[], how: { allOrNone?: boolean }, fails: () => void) => {
    const answers: Enqueued[] = []
    let open = jobs.map((_, i) => i)
    let since: number | undefined
    const isOver = () => {
      fails()
      since ??= clock.monotonic()
      return clock.monotonic() - since >= forMs
    }
    for (let tries = 0; ; tries++) {
      try {
        const told = await write(
          open.map((i) => jobs[i] as NewJob),
          how,
        )
        told.forEach((answer, n) => (answers[open[n] as number] = answer))
        open = openOf(open, answers, how)
        if (open.length === 0 || isOver()) return answers
      } catch (error) {
        if (isOutage(error) && !isOver()) {
          await pause(tries)
          continue
        }
        if (answers.length === 0 || how.allOrNone) throw error
        // Of the others it is known what became of them.
        for (const i of open) answers[i] = without(answers[i] as Enqueued, error)
        return answers
      }
      await pause(tries)
    }
  }
  const pause = (tries: number) => sleep(clock, Math.min(1_000, 50 * 2 ** Math.min(tries, 5)))
  return {
    async write(jobs, how = {}) {
      const { failing } = laneAt(nameOf(jobs))
      return insist(jobs, how, () => void failing.add(jobs)).finally(() => failing.delete(jobs))
    },
    async admit(jobs, call) {
      const name = nameOf(jobs)
      const lane = laneAt(name)
      if (lane.failing.size > 0 && heldNow() + jobs.length > max) throw full(heldNow(), max)
      lane.held += jobs.length
      try {
        return await call()
      } finally {
        lane.held -= jobs.length
        if (lane.held === 0) lanes.delete(name)
      }
    },
  }
}

/** What is known of a job whose partition was away when it was last asked. */
const without = (answer: Enqueued, error: unknown): Enqueued =>
  answer.outcome === 'refused' && error instanceof Error
    ? { ...answer, refusal: { because: 'away', message: error.message } }
    : answer

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

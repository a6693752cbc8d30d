import type { Isolation } from '../../define/isolation.ts'
import type { AnyTask } from '../../define/task.ts'
import { IsolateLost } from '../../define/verdicts.ts'
import type { Clock } from '../../job/clock.ts'
import { InvalidOption, LegworkError } from '../../job/errors.ts'
import type { Logger } from '../../job/logger.ts'
import { currentRun, type Run } from '../current-run.ts'
import type { Context, Handler } from '../handler.ts'
import { crashBudget } from './budget.ts'
import { Isolate } from './isolate.ts'
import { isIsolated } from './isolated.ts'

export interface Isolates {
  readonly handler: Handler
  /** Ends every isolate. */
  close(): void
}

export interface IsolatesKit {
  readonly task: AnyTask
  readonly url: string
  readonly isolation: Isolation
  readonly clock: Clock
  readonly log: Logger
}

/** The isolates of a task whose handler was given as `isolated(…)`. @throws {InvalidOption} LW1201 when only the task says so. */
export function isolatesFor(
  task: AnyTask,
  handler: unknown,
  kit: Pick<IsolatesKit, 'clock' | 'log'>,
): Isolates | undefined {
  const { isolate } = task.policy
  if (isIsolated(handler))
    return isolates({ ...kit, task, url: handler.url, isolation: isolate ?? { in: 'process' } })
  if (isolate)
    throw new InvalidOption(
      `handler of ${task.name}`,
      handler,
      `isolated(new URL('./file.js', import.meta.url)), for the task runs in a ${isolate.in} of its own, which loads its handler from a module`,
    )
  return undefined
}

/** As many isolates as jobs run at once, used again while they are good. */
function isolates({ task: { name: task }, url, isolation, clock, log }: IsolatesKit): Isolates {
  const budget = crashBudget(task, clock, log)
  const kept = stock(isolation, clock)

  async function start(): Promise<Isolate> {
    budget.check()
    const one = new Isolate({ task, url, isolation, clock })
    try {
      await one.ready
      return one
    } catch (why) {
      budget.spend(String(why))
      const text = `the isolate of task ${task} could not be started from ${url}: ${String(why)}`
      throw new LegworkError('LW2011', text, { task, url })
    }
  }

  /** Its start, which has a limit of its own, is no part of the job's time. */
  async function startFor(run: Run): Promise<Isolate> {
    run.timeout?.hold()
    const one = await start()
    run.timeout?.begin()
    return one
  }

  const handler = async (context: Context): Promise<unknown> => {
    const run = currentRun.getStore()
    if (!run) throw new TypeError('an isolated handler runs in a worker')
    const one = kept.take() ?? (await startFor(run))
    kept.lend(one)
    try {
      context.signal.throwIfAborted()
      const value = await one.run(run, context)
      budget.restore()
      return value
    } catch (error) {
      if (error instanceof IsolateLost) budget.spend(error.message)
      throw error
    } finally {
      kept.putBack(one)
    }
  }
  return { handler, close: kept.close }
}

/** An isolate without a job is let go after this long. */
const idleMs = 60_000

/** Isolates that are there: those that wait for a job, and those that have one. */
function stock({ maxJobs = Infinity, maxAgeMs = Infinity }: Isolation, clock: Clock) {
  const idle: Isolate[] = []
  const busy = new Set<Isolate>()
  const isSpent = ({ jobs, bornAt }: Isolate) => jobs >= maxJobs || clock.monotonic() - bornAt >= maxAgeMs

  function letGo(one: Isolate): void {
    const at = idle.indexOf(one)
    if (at >= 0) idle.splice(at, 1)
    one.release()
  }

  return {
    /** One that is ready; of those that died while they were idle nobody needs to know. */
    take(): Isolate | undefined {
      for (let one = idle.pop(); one; one = idle.pop()) {
        if (!one.isOver && !isSpent(one)) return one
        one.release()
      }
      return undefined
    },
    lend: (one: Isolate) => void busy.add(one),
    putBack(one: Isolate): void {
      busy.delete(one)
      if (one.isOver || isSpent(one)) return one.release()
      idle.push(one)
      const { jobs } = one
      // Still idle, and not used in between.
      clock.after(idleMs, () => idle.includes(one) && one.jobs === jobs && letGo(one), { idle: true })
    },
    close(): void {
      for (const one of [...idle.splice(0), ...busy]) one.release()
    },
  }
}

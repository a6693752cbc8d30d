import { LeaseLost } from '../define/verdicts.ts'
import { type Clock, sleep } from '../job/clock.ts'
import { WrongMoment } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'
import type { Job } from '../job/job.ts'
import type { Logger } from '../job/logger.ts'
import { type Outcome, settle } from '../job/settle.ts'
import type { Wrapping } from '../job/wrapping.ts'
import type { Store } from '../store/index.ts'
import type { Run } from './current-run.ts'
import type { Handled } from './handler.ts'
import type { Notebook } from './notes.ts'
import { returned } from './stored.ts'

/** Completes jobs in transactions of their handlers. */
export interface Committer {
  /** Writes the completion into an open transaction. @throws {LeaseLost | StoreError | InvalidPayload} */
  commit<Result>(run: Run, tx: unknown, result?: Result): Promise<Result>
  /** How a run ended that said so, by whether its transaction committed. */
  ending(run: Run, outcome: Outcome): Promise<Outcome>
}

export interface CommitterKit {
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  readonly handled: ReadonlyMap<string, Handled>
  readonly wrapping: Wrapping
  readonly notes: Notebook
  /** The present registration. */
  worker(): string
}

export function committer(kit: CommitterKit): Committer {
  const { store, clock, handled, notes } = kit
  return {
    async commit<Result>(run: Run, tx: unknown, result?: Result): Promise<Result> {
      const { job, cover, abort } = run
      if (run.isLeaked || abort.reason instanceof LeaseLost) throw abort.reason
      // A handler runs only where it is known.
      const found = handled.get(job.task) as Handled
      const plain = await returned(run, result, found, kit)
      const outcome = cover ? await cover.ending(plain) : plain
      const settlement = settle(job, outcome, found.task.policy.retry, { now: clock.now(), random: () => 0 })
      const noted = notes.take(job.id)
      if (noted.length > 0) await store.record(kit.worker(), noted, { tx })
      const [answer] = await store.settle(kit.worker(), [settlement], { tx })
      if (answer !== 'applied') throw new LeaseLost(job.id, job.attempt, 'the store refused its commit')
      run.committing = outcome
      // The caller's type of what it has handed over, or of nothing.
      return result as Result
    },
    async ending(run, outcome) {
      const job = await look(kit, run)
      if (job === 'lost') return outcome
      if (!job || job.state === 'completed') return completed(kit, run, outcome)
      return outcome.kind === 'returned' ? notCommitted(run) : outcome
    },
  }
}

/** How a run ends that has a cover, or ended its job in a transaction of its own. */
export async function lastWord(
  one: Run,
  outcome: Outcome,
  { committer }: { readonly committer: Committer },
): Promise<Outcome> {
  const covered = one.cover ? await one.cover.ending(outcome) : outcome
  return one.committing ? committer.ending(one, covered) : covered
}

/** What the store says of the job, asked until it answers; `lost` where nobody waits for that any more. */
async function look({ store, clock }: CommitterKit, { job, abort }: Run): Promise<Job | undefined | 'lost'> {
  for (let failed = 0; ; failed++) {
    if (abort.reason instanceof LeaseLost) return 'lost'
    try {
      return (await store.get([job.id]))[0]
    } catch {
      await sleep(clock, Math.min(1_000, 50 * 2 ** failed))
    }
  }
}

function completed({ log }: CommitterKit, { job, committing }: Run, outcome: Outcome): Outcome {
  if (outcome.kind !== 'returned')
    log.warn(
      { job: job.id, task: job.task, ending: outcome.kind },
      `job ${job.id}: its handler did not return after its transaction had committed; the job is completed.`,
    )
  // Settled once more as it is, which the store answers as before.
  return committing ?? outcome
}

function notCommitted({ job }: Run): Outcome {
  const error = new WrongMoment(
    'LW1246',
    `job ${job.id}: the handler returned, and the transaction in which it called commit() has not committed. Let what rolls it back throw, and await its end.`,
  )
  return { kind: 'threw', error: toErrorInfo(error), retry: 'policy' }
}

/** A transaction cannot leave the process or thread in which it is. */
export const isolatedCommitter: Pick<Committer, 'commit'> = {
  commit: async ({ job }) => {
    throw new WrongMoment(
      'LW1245',
      `job ${job.id}: commit() was called in an isolated handler, which has no way to the store for a transaction of its own. Leave out isolate for task ${job.task}, or make the effect safe to repeat.`,
    )
  },
}

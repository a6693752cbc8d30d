import type { Clock } from '../job/clock.ts'
import type { ClaimedJob } from '../job/job.ts'
import type { Claimed } from '../store/index.ts'

/** So long after a call that had no answer, in ms, the worker asks for all that it holds. */
const looksAfter = [1_000, 10_000, 60_000]

/**
 * A call that had no answer may still be carried out, behind its own repeat: a server that was frozen finds it in a connection
 * that is long given up. What it then claims is taken for received, and nobody would ever run it. So after such a call the worker
 * asks a few times as if it had received nothing, and leaves out what it knows.
 */
export function rollCall(clock: Clock, knows: (job: Pick<ClaimedJob, 'id' | 'fence'>) => boolean) {
  let looks: readonly number[] = []
  return {
    /** A call had no answer. */
    unanswered(): void {
      const now = clock.monotonic()
      looks = looksAfter.map((ms) => now + ms)
    },
    isDue: (): boolean => (looks[0] ?? Infinity) <= clock.monotonic(),
    /** The answer to a call that asked for all, without what is known. */
    heard(claimed: Claimed): Claimed {
      const now = clock.monotonic()
      looks = looks.filter((at) => at > now)
      return { ...claimed, jobs: claimed.jobs.filter((job) => !knows(job)) }
    },
  }
}

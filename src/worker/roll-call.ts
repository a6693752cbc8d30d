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
  let hasAsked = false
  return {
    /** A call had no answer. */
    unanswered(): void {
      const now = clock.monotonic()
      looks = looksAfter.map((ms) => now + ms)
    },
    /** What a call says that was received: nothing, where it is to ask for all. */
    received(really: number): number {
      const now = clock.monotonic()
      if ((looks[0] ?? Infinity) > now) return really
      looks = looks.filter((at) => at > now)
      hasAsked = true
      return 0
    },
    /** An answer without what is known. What found no room in the answer to a call for all comes with later ones. */
    heard: (claimed: Claimed): Claimed =>
      hasAsked ? { ...claimed, jobs: claimed.jobs.filter((job) => !knows(job)) } : claimed,
  }
}

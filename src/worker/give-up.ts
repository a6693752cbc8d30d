import { LeaseLost, TimedOut } from '../define/verdicts.ts'
import type { Run, RunKit } from './current-run.ts'
import type { Handled } from './handler.ts'

const nothing = (): void => {}

/** Aborts the run at its timeout and at the job's deadline. */
export function watchTime(one: Run, { task }: Handled, { clock }: RunKit): () => void {
  const { id, deadlineAt } = one.job
  const { timeoutMs } = task.policy
  if (timeoutMs === undefined && deadlineAt === undefined) return nothing
  const stops: (() => void)[] = []
  if (timeoutMs !== undefined) {
    const end = () => one.abort.abort(new TimedOut(id, 'attempt', timeoutMs))
    let stop = clock.after(timeoutMs, end)
    const hold = () => stop()
    stops.push(hold, () => (one.timeout = undefined))
    one.timeout = { hold, begin: () => void (stop = clock.after(timeoutMs, end)) }
  }
  if (deadlineAt !== undefined) {
    const end = () => one.abort.abort(new TimedOut(id, 'deadline', 0))
    // It may have passed while the job waited for a slot.
    if (deadlineAt <= clock.now()) end()
    else stops.push(clock.after(deadlineAt - clock.now(), end))
  }
  return () => {
    for (const stop of stops) stop()
  }
}

/** Tells what the call gives; or the abort's reason, when the call has not ended within the grace after it. */
export function untilGivenUp<T>(
  one: Run,
  { clock, abortGraceMs }: RunKit,
  call: Promise<T>,
  { ended, failed }: { ended(value: T): void; failed(thrown: unknown): void },
): void {
  let stop = nothing
  one.abort.onAbort(() => {
    const giveUp = () => {
      one.isLeaked = true
      // Whoever aborts it tells others, too, before the run is over.
      queueMicrotask(() => failed(one.abort.reason))
    }
    // Nothing that this run does can be recorded any more, so nobody waits for it.
    if (one.abort.reason instanceof LeaseLost) return giveUp()
    stop = clock.after(abortGraceMs, giveUp)
  })
  /** False where nobody waits for it any more. */
  const isInTime = (): boolean => {
    if (one.isLeaked) one.onLateEnd?.()
    else {
      stop()
      one.abort.onAbort(nothing)
    }
    return !one.isLeaked
  }
  call.then(
    (value) => {
      if (isInTime()) ended(value)
    },
    (error: unknown) => {
      if (isInTime()) failed(error)
    },
  )
}

import {
  Cancelled,
  Dead,
  IsolateLost,
  Release,
  RetryIn,
  ShuttingDown,
  Snooze,
  TimedOut,
} from '../define/verdicts.ts'
import { limits } from '../job/defaults.ts'
import { toMs } from '../job/duration.ts'
import { LegworkError } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'
import type { Outcome } from '../job/settle.ts'
import { storable } from '../job/text.ts'
import type { Run } from './current-run.ts'
import type { Handled } from './handler.ts'

/** What becomes of a run that threw: its abort comes first, then what the thrown value asks for, then the policy. */
export function nameThrown(one: Run, thrown: unknown, handled: Handled): Outcome {
  return (
    abortOutcome(one, thrown) ??
    ask(() => crashOf(thrown, handled)) ??
    ask(() => verdictOf(one.interrupt ?? thrown)) ??
    byPolicy(one, thrown, handled)
  )
}

/** What a thrown value asks for itself. It may throw again: a proxy need not tell its class, nor a subclass its wait. */
function verdictOf(thrown: unknown): Outcome | undefined {
  if (thrown instanceof Snooze || thrown instanceof Release)
    return {
      kind: thrown instanceof Snooze ? 'snoozed' : 'released',
      delayMs: toMs(thrown.delayMs, thrown.name),
      reason: storable(String(thrown.message), limits.errorMessageBytes),
    }
  if (thrown instanceof Dead) return { kind: 'discarded', reason: 'discarded', error: toErrorInfo(thrown) }
  if (!(thrown instanceof RetryIn)) return undefined
  const retry = {
    delayMs: toMs(thrown.delayMs, 'RetryIn'),
    countsAsAttempt: thrown.countsAsAttempt !== false,
    ...(thrown.elsewhere !== undefined && { elsewhere: thrown.elsewhere === true }),
  }
  return { kind: 'threw', error: toErrorInfo(thrown), retry }
}

/** What a crash means that concerned this job alone. */
function crashOf(thrown: unknown, { task }: Handled): Outcome | undefined {
  if (!(thrown instanceof IsolateLost)) return undefined
  const error = toErrorInfo(thrown)
  if (task.policy.onCrash === 'dead') return { kind: 'discarded', reason: 'crashed', error }
  if (task.policy.onCrash === 'fail') return { kind: 'threw', error, retry: 'policy' }
  return { kind: 'crashed', error }
}

/** What an aborted run that threw means; whatever it threw, the abort came first. */
function abortOutcome({ abort, job }: Run, thrown: unknown): Outcome | undefined {
  if (!abort.aborted) return undefined
  const why = abort.reason
  const error = toErrorInfo(why)
  if (why instanceof Cancelled)
    return {
      kind: 'cancelled',
      reason: String(why.details['reason']),
      ...(thrown !== why && { error: toErrorInfo(thrown) }),
    }
  if (why instanceof ShuttingDown) return { kind: 'released', reason: 'its worker is stopping' }
  if (why instanceof TimedOut && why.of === 'deadline') return { kind: 'discarded', reason: 'expired', error }
  if (why instanceof TimedOut) return { kind: 'threw', error, retry: 'policy' }
  return why instanceof LegworkError
    ? { kind: 'released', reason: `job ${job.id}: ${why.message}` }
    : undefined
}

function byPolicy({ job }: Run, thrown: unknown, { task }: Handled): Outcome {
  const error = toErrorInfo(thrown)
  const verdict = ask(() => task.policy.retry.when?.(thrown, job.attempt))
  if (verdict === false) return { kind: 'discarded', reason: 'discarded', error }
  const delayMs =
    verdict === undefined || verdict === true ? undefined : ask(() => toMs(verdict, 'retry.when'))
  return {
    kind: 'threw',
    error,
    retry: delayMs === undefined ? 'policy' : { delayMs, countsAsAttempt: true },
  }
}

/** The answer of a user's function; `undefined` when it throws, so that a bug there falls back to the policy. */
function ask<T>(question: () => T): T | undefined {
  try {
    const answer = question()
    // An async function where a plain one belongs: its rejection must not take the process down.
    if (answer instanceof Promise) answer.catch(() => {})
    return answer
  } catch {
    return undefined
  }
}

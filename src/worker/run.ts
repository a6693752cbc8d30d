import { validate, validateStored } from '../define/validate.ts'
import { limits } from '../job/defaults.ts'
import { InvalidPayload } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'
import type { ClaimedJob } from '../job/job.ts'
import { decode, encode } from '../job/payload.ts'
import type { Outcome } from '../job/settle.ts'
import { currentRun, type Run, type RunKit } from './current-run.ts'
import { untilGivenUp, watchTime } from './give-up.ts'
import type { Context, Handled, Handler } from './handler.ts'
import { contextOf } from './notes.ts'
import { nameThrown } from './verdict.ts'

/** Runs a claimed job to its outcome: decode, call, and name the ending. Never throws. */
export async function run(one: Run, handled: Handled, kit: RunKit): Promise<Outcome> {
  const stopTimers = watchTime(one, handled, kit)
  try {
    return await untilGivenUp(one, kit, through(one, handled, kit))
  } catch (thrown) {
    return nameThrown(one, thrown, handled)
  } finally {
    stopTimers()
  }
}

async function through(one: Run, handled: Handled, kit: RunKit): Promise<Outcome> {
  const parsed = await parse(one.job, handled)
  if ('kind' in parsed) return parsed
  // Its lease, its time or its worker may be over before it began.
  if (one.abort.aborted) throw one.abort.reason
  const context = contextOf(one, parsed.input, kit)
  const value = await currentRun.run(one, () => (handled.handler as Handler)(context as Context))
  if (one.interrupt !== undefined) throw one.interrupt
  if (value === undefined && !handled.task.output) return { kind: 'returned' }
  return nameResult(one, value, handled)
}

async function parse({ id, payload }: ClaimedJob, { task }: Handled): Promise<{ input: unknown } | Outcome> {
  try {
    const stored = decode(payload)
    // A missing input is stored as null.
    if (!task.input) return { input: stored ?? undefined }
    const what = `the stored payload of job ${id} (task ${task.name})`
    return { input: await validateStored(task.input, stored, { what, code: 'LW2008' }) }
  } catch (thrown) {
    const error = toErrorInfo(thrown)
    // A schema that failed itself, such as one that looks into a database, has not refused the payload: try again.
    const hasFailed = thrown instanceof InvalidPayload && thrown.cause !== undefined
    if (hasFailed) return { kind: 'threw', error, retry: 'policy' }
    return { kind: 'discarded', reason: 'undecodable', error }
  }
}

async function nameResult(one: Run, value: unknown, { task }: Handled): Promise<Outcome> {
  try {
    const what = `the result of job ${one.job.id} (task ${task.name})`
    const out = await validate(task.output, value, { what, code: 'LW1107' })
    return out === undefined
      ? { kind: 'returned' }
      : { kind: 'returned', result: encode(out, what, limits.resultBytes) }
  } catch (error) {
    return { kind: 'discarded', reason: 'discarded', error: toErrorInfo(error) }
  }
}

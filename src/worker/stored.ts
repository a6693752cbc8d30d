import { upcast } from '../define/upcast.ts'
import { validated, validateStored } from '../define/validate.ts'
import { InvalidPayload, LegworkError } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'
import type { ClaimedJob } from '../job/job.ts'
import type { Logger } from '../job/logger.ts'
import { decode, encode } from '../job/payload.ts'
import type { Outcome } from '../job/settle.ts'
import { plain } from '../job/wrapper.ts'
import type { Run, RunKit } from './current-run.ts'
import type { Handled } from './handler.ts'

/** What the handler is given of a stored payload: opened, brought up to the task's version, and parsed by its schema. */
export async function inputOf(
  one: Run,
  { task }: Handled,
  { wrapping, log }: RunKit,
): Promise<{ readonly input: unknown } | Outcome> {
  const { job } = one
  const { version, hide, upcast: upcasters } = task.policy
  if (job.version > version) return tooNew(job, version)
  try {
    const opening = wrapping.open(job, hide)
    const opened = opening && (await opening)
    one.cover = opened?.cover
    const stored = decode(opened?.payload ?? job.payload)
    const what = `the stored payload of job ${job.id} (task ${task.name})`
    const isOld = job.version < version
    // A missing input is stored as null.
    if (!isOld && !task.input) return { input: stored ?? undefined }
    const value = isOld ? await upcast(stored, [job.version, version], { upcasters, what }) : stored
    const where = isOld ? `${what}, brought from version ${job.version} to ${version},` : what
    const input = validateStored(task.input, value, { what: where, code: 'LW2008' })
    return { input: input instanceof Promise ? await input : input }
  } catch (thrown) {
    return unreadable(job, thrown, log)
  }
}

function unreadable(job: ClaimedJob, thrown: unknown, log: Logger): Outcome {
  const code = thrown instanceof LegworkError ? thrown.code : undefined
  if (thrown instanceof LegworkError && code === 'LW2601') {
    log.warn({ code, job: job.id, task: job.task }, thrown.message)
    return { kind: 'released', delayMs: waitMs(job), reason: thrown.message }
  }
  const error = toErrorInfo(thrown)
  // A schema that failed itself, such as one that looks into a database, has not refused the payload, and a blob
  // store may be out of reach: try again.
  const hasFailed = thrown instanceof InvalidPayload && thrown.cause !== undefined
  if (hasFailed || code === 'LW1603') return { kind: 'threw', error, retry: 'policy' }
  return { kind: 'discarded', reason: 'undecodable', error }
}

/** A store that knows nothing of versions may hand one out. */
const tooNew = (job: ClaimedJob, known: number): Outcome => ({
  kind: 'released',
  delayMs: waitMs(job),
  reason: `version ${job.version} of task ${job.task} is newer than ${known}, which this worker knows`,
})

/** Longer each time, so that many jobs whose key is away do not keep the workers busy with asking. */
const waitMs = ({ attempt, failures, losses }: ClaimedJob): number =>
  Math.min(300_000, 30_000 * 2 ** Math.max(0, attempt - failures - losses - 1))

/** What the handler returned, as its schema makes it and as a store keeps it. @throws {InvalidPayload} */
export async function returned(
  one: Run,
  value: unknown,
  { task }: Handled,
  { wrapping }: Pick<RunKit, 'wrapping'>,
): Promise<Outcome> {
  const what = `the result of job ${one.job.id} (task ${task.name})`
  const parsed = validated(task.output, value, { what, code: 'LW1107' })
  const out = parsed instanceof Promise ? await parsed : parsed
  if (out === undefined) return { kind: 'returned' }
  const text = encode(out, what, wrapping.resultBytes)
  // A cover puts it into a wrapper itself.
  return { kind: 'returned', result: one.cover ? text : plain(text) }
}

/** The same as the end of the run, also where it cannot be kept. */
export async function resultOf(
  one: Run,
  value: unknown,
  handled: Handled,
  kit: Pick<RunKit, 'wrapping'>,
): Promise<Outcome> {
  try {
    return await returned(one, value, handled, kit)
  } catch (error) {
    return { kind: 'discarded', reason: 'discarded', error: toErrorInfo(error) }
  }
}

import type { AnyTask } from '../define/task.ts'
import { upcast } from '../define/upcast.ts'
import { validated, validateStored } from '../define/validate.ts'
import { InvalidPayload, LegworkError } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'
import type { ClaimedJob } from '../job/job.ts'
import type { Logger } from '../job/logger.ts'
import { decode, encode } from '../job/payload.ts'
import type { Outcome } from '../job/settle.ts'
import { plain } from '../job/wrapper.ts'
import type { Wrapping } from '../job/wrapping.ts'
import type { Run, RunKit } from './current-run.ts'
import type { Handled } from './handler.ts'

/** What the handler is given. */
export interface Input {
  readonly input: unknown
}

/**
 * What the handler is given of a stored payload: opened, brought up to the task's version, and parsed by its schema. At once
 * where nothing is to be waited for, as nearly always.
 */
export function inputOf(
  one: Run,
  { task }: Handled,
  { wrapping, log }: RunKit,
): Input | Outcome | Promise<Input | Outcome> {
  const { job } = one
  const { version, hide } = task.policy
  if (job.version > version) return tooNew(job, version)
  try {
    const opening = wrapping.open(job, hide)
    if (opening || job.version < version)
      return opened(one, opening, task).catch((thrown) => unreadable(job, thrown, log))
    const stored = decode(job.payload)
    // A missing input is stored as null.
    if (!task.input) return { input: stored ?? undefined }
    const input = validateStored(task.input, stored, { what: payloadOf(job), code: 'LW2008' })
    if (!(input instanceof Promise)) return { input }
    return input.then(
      (late) => ({ input: late }),
      (thrown) => unreadable(job, thrown, log),
    )
  } catch (thrown) {
    return unreadable(job, thrown, log)
  }
}

const payloadOf = ({ id, task }: ClaimedJob): string => `the stored payload of job ${id} (task ${task})`

/** Of a payload that was kept elsewhere or under a cover, or is of an older version. */
async function opened(
  one: Run,
  opening: ReturnType<Wrapping['open']>,
  { input, policy }: AnyTask,
): Promise<Input> {
  const { job } = one
  const open = await opening
  one.cover = open?.cover
  const stored = decode(open?.payload ?? job.payload)
  const { version, upcast: upcasters } = policy
  const isOld = job.version < version
  if (!isOld && !input) return { input: stored ?? undefined }
  const what = payloadOf(job)
  const value = isOld ? await upcast(stored, [job.version, version], { upcasters, what }) : stored
  const where = isOld ? `${what}, brought from version ${job.version} to ${version},` : what
  return { input: await validateStored(input, value, { what: where, code: 'LW2008' }) }
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
export function returned(
  one: Run,
  value: unknown,
  { task }: Handled,
  { wrapping }: Pick<RunKit, 'wrapping'>,
): Outcome | Promise<Outcome> {
  if (value === undefined && !task.output) return nothing
  const what = `the result of job ${one.job.id} (task ${task.name})`
  const keep = (out: unknown): Outcome => {
    if (out === undefined) return nothing
    const text = encode(out, what, wrapping.resultBytes)
    // A cover puts it into a wrapper itself.
    return { kind: 'returned', result: one.cover ? text : plain(text) }
  }
  const parsed = validated(task.output, value, { what, code: 'LW1107' })
  return parsed instanceof Promise ? parsed.then(keep) : keep(parsed)
}

const nothing: Outcome = { kind: 'returned' }

/** The same as the end of the run, also where it cannot be kept. */
export function resultOf(...what: Parameters<typeof returned>): Outcome | Promise<Outcome> {
  try {
    const outcome = returned(...what)
    return outcome instanceof Promise ? outcome.catch(unkept) : outcome
  } catch (error) {
    return unkept(error)
  }
}

const unkept = (error: unknown): Outcome => ({
  kind: 'discarded',
  reason: 'discarded',
  error: toErrorInfo(error),
})

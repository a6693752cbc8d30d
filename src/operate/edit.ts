import type { AnyTask } from '../define/task.ts'
import { uniqueKey } from '../define/unique-key.ts'
import { upcast } from '../define/upcast.ts'
import { validate } from '../define/validate.ts'
import { InvalidOption, LegworkError, NotUnique, Refused, UnknownThing } from '../job/errors.ts'
import type { KeyChange } from '../job/unique.ts'
import type { Job } from '../job/job.ts'
import { checkKnown, checkReason } from '../job/name.ts'
import { decode, encode } from '../job/payload.ts'
import type { Wrapping } from '../job/wrapping.ts'
import type { Edited, Store } from '../store/index.ts'

/** Makes the new input of a job from the one that it has. */
export type EditInput<In = unknown> = (
  input: In,
  job: Pick<Job, 'id' | 'task' | 'queue' | 'version' | 'tags'>,
) => In | Promise<In>

/** An edit of whatever input. */
export type AnyEdit = (input: never, job: Parameters<EditInput>[1]) => unknown

export interface EditOptions {
  /** Who edits, for the revision and the audit log. Default `application`. */
  readonly by?: string
  readonly reason?: string
}

/** What an edit makes of a job. */
interface Made {
  readonly payload: string
  readonly version: number
  readonly key?: KeyChange
}

/**
 * The new payload of a job: the edit's answer, checked against the task's schema, and what it means for its unique key. An
 * older payload is brought up to the task's version first, as far as that goes.
 * @throws {InvalidPayload} LW1102 for what the schema refuses. @throws {InvalidOption} LW1210 for a key that is none.
 * @throws {Refused} LW2302 for a payload that is newer than the task.
 */
export async function newPayload(
  job: Job,
  edit: AnyEdit,
  task: AnyTask | undefined,
  wrapping: Wrapping,
): Promise<Made> {
  if (!task)
    throw new UnknownThing(
      'LW1101',
      `job ${job.id} is of task ${job.task}, which is not known here, so its new input cannot be checked. Pass the task, or register it with app.handle().`,
      { id: job.id, task: job.task },
    )
  const { version, hide } = task.policy
  if (job.version > version)
    throw new Refused(
      'LW2302',
      `job ${job.id} has version ${job.version} of task ${job.task}, and only ${version} is known here. Edit it with the newer release.`,
      { id: job.id, version: job.version, known: version },
    )
  const text = await wrapping.payloadOf(job)
  // The task's own types describe what was stored. The edit may change the input in place: what it was is read anew below.
  const input = await edit((await newest(job, decode(text), task)) as never, job)
  if (input === undefined)
    throw new InvalidOption(
      'edit',
      input,
      `the new input of job ${job.id}: return it, also when it was changed in place`,
    )
  await validate(task.input, input, { what: `the edited input of job ${job.id}`, code: 'LW1102' })
  const made = encode(input, `the edited input of job ${job.id}`, wrapping.payloadBytes)
  const before = await newest(job, decode(text), task)
  const key = await keyChange(task, { before, input, payload: made }, wrapping)
  return { payload: await wrapping.rewrite(job, made, hide), version, ...(key && { key }) }
}

/** The input in the shape of the task's version; what no upcaster can bring there is shown as it is, for it may be why it died. */
async function newest(job: Job, input: unknown, { policy }: AnyTask): Promise<unknown> {
  if (job.version === policy.version) return input
  const what = `the stored payload of job ${job.id} (task ${job.task})`
  return upcast(structuredClone(input), [job.version, policy.version], {
    upcasters: policy.upcast,
    what,
  }).catch(() => input)
}

/**
 * From the key that the task makes of the input before to that of the new one. The store looks whether the job has the first:
 * a key of the caller's own has nothing to do with the input.
 */
async function keyChange(
  task: AnyTask,
  { before, input, payload }: { readonly before: unknown; readonly input: unknown; readonly payload: string },
  wrapping: Wrapping,
): Promise<KeyChange | undefined> {
  const stored = (one: string) => wrapping.uniqueKey(one, task.policy.hide)
  let from: string
  try {
    from = uniqueKey(task, { input: before, payload: JSON.stringify(before ?? null) })
  } catch {
    // No job can have been given a key of this input.
    return undefined
  }
  const to = uniqueKey(task, { input, payload })
  return from === to ? undefined : { from: await stored(from), to: await stored(to) }
}

/** Edits one job; an edit by somebody else in between is seen, and the edit made anew from what it left. */
export async function editJob(
  store: Store,
  {
    id,
    edit,
    taskOf,
    options,
    wrapping,
  }: {
    readonly id: string
    readonly edit: AnyEdit
    readonly taskOf: (name: string) => AnyTask | undefined
    readonly options: EditOptions
    readonly wrapping: Wrapping
  },
): Promise<Exclude<Edited['outcome'], 'twin'>> {
  if (typeof edit !== 'function') throw new InvalidOption('edit', edit, 'a function that gives the new input')
  checkKnown(options, ['task', 'by', 'reason'], 'edit option')
  const by = checkReason(options.by ?? 'application', 'by')
  const reason = options.reason === undefined ? {} : { reason: checkReason(options.reason, 'reason') }
  for (let tries = 0; tries < 5; tries++) {
    const [job] = await store.get([id], { revisions: true })
    if (!job) throw new LegworkError('LW2301', `job ${id} is not in the store.`, { id })
    if (job.state === 'running')
      throw new Refused('LW2302', `job ${id} is running; only a job that does not run can be edited.`, { id })
    const made = await newPayload(job, edit, taskOf(job.task), wrapping)
    const revision = job.revisions?.length ?? 0
    const [edited] = await store.edit([{ id, ...made, revision, was: job.payload, by, ...reason }])
    if (edited?.outcome === 'twin')
      throw new NotUnique(
        'LW1209',
        `job ${id} was not edited: job ${edited.twin} holds the unique key that it would have then. Wait for that one, or cancel it.`,
        { id, twin: edited.twin },
      )
    if (edited && edited.outcome !== 'changed') return edited.outcome
  }
  return 'changed'
}

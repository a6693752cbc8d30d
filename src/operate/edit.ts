import type { AnyTask } from '../define/task.ts'
import { validate } from '../define/validate.ts'
import { InvalidOption, LegworkError, Refused, UnknownThing } from '../job/errors.ts'
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

/** The new payload of a job: the edit's answer, checked against the task's schema. @throws {InvalidPayload} */
export async function newPayload(
  job: Job,
  edit: AnyEdit,
  task: AnyTask | undefined,
  wrapping: Wrapping,
): Promise<{ readonly payload: string; readonly version: number }> {
  if (!task)
    throw new UnknownThing(
      'LW1101',
      `job ${job.id} is of task ${job.task}, which is not known here, so its new input cannot be checked. Pass the task, or register it with app.handle().`,
      { id: job.id, task: job.task },
    )
  // The task's own types describe what was stored.
  const input = await edit(decode(await wrapping.payloadOf(job)) as never, job)
  if (input === undefined)
    throw new InvalidOption(
      'edit',
      input,
      `the new input of job ${job.id}: return it, also when it was changed in place`,
    )
  await validate(task.input, input, { what: `the edited input of job ${job.id}`, code: 'LW1102' })
  const text = encode(input, `the edited input of job ${job.id}`, wrapping.payloadBytes)
  const payload = await wrapping.rewrite(job, text, task.policy.hide)
  return { payload, version: task.policy.version }
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
): Promise<Edited['outcome']> {
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
    const [edited] = await store.edit([{ id, ...made, revision, by, ...reason }])
    if (edited && edited.outcome !== 'changed') return edited.outcome
  }
  return 'changed'
}

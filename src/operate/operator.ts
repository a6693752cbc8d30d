import { type AnyTask, isTask, type Task } from '../define/task.ts'
import type { Bulk } from '../job/bulk.ts'
import { InvalidOption } from '../job/errors.ts'
import { checkKey } from '../job/name.ts'
import type { Edited } from '../store/index.ts'
import { type BulkHandle, bulkHandle, type BulkProgress, emptyHandle, toProgress } from './bulk-handle.ts'
import { type Drivers, driversOf, type OperatorKit } from './drivers.ts'
import { editJob, type EditInput, type EditOptions } from './edit.ts'
import { type Failure, type FailureFilter, listFailures, markFailures } from './failures.ts'
import { type AnyDeadLetters, type DeadLetters, toFilter } from './filter.ts'
import {
  type AnyRedriveOptions,
  type Forecast,
  forecast,
  type PurgeOptions,
  type RedriveOptions,
  toPlan,
} from './redrive.ts'

/** What a person does about dead letters: the part of an app that is about them. */
export interface Operator {
  /** Dead letters in groups of those that look alike, the largest first. */
  failures(where?: FailureFilter): Promise<readonly Failure[]>
  /** Ignores a group, calls it resolved, or opens it again; gives how many groups that was. One that is resolved opens again with the next death. */
  markFailures(which: FailureMark, status: Failure['status']): Promise<number>
  /**
   * Brings dead letters back, as a durable operation at its own rate: what is dead now, each job once. Any worker goes
   * on with it when this process ends, unless it has an `edit`. A filter that nothing fits writes nothing and is done.
   * @throws {InvalidOption} LW1201
   * @example
   * const redrive = await app.redrive({ task: sendEmail, error: 'ETIMEDOUT' }, { rate: '50/s', canary: 10 })
   */
  redrive<In>(
    filter: DeadLetters<In>,
    options: RedriveOptions<NoInfer<In>> & { readonly dryRun: true },
  ): Promise<Forecast>
  redrive<In>(filter: DeadLetters<In>, options?: RedriveOptions<NoInfer<In>>): Promise<BulkHandle>
  /** Removes dead letters for good, as a durable operation. @throws {InvalidOption} LW1201 */
  purge(filter: AnyDeadLetters, options: PurgeOptions & { readonly dryRun: true }): Promise<Forecast>
  purge(filter: AnyDeadLetters, options?: PurgeOptions): Promise<BulkHandle>
  /** An operation by its id. */
  bulk(id: string): BulkHandle
  /** The newest operations, at most 100. */
  bulks(): Promise<readonly BulkProgress[]>
  /**
   * Gives a job that does not run another input, made of the one that it has and checked by its task. The one before
   * is kept. @throws {Refused} LW2302 while it runs. @throws {InvalidPayload} @throws {UnknownThing} LW1101
   */
  edit<In = unknown>(
    id: string,
    edit: EditInput<In>,
    options?: EditOptions & { readonly task?: Task<string, In> },
  ): Promise<Edited['outcome']>
}

export interface FailureMark {
  readonly fingerprint: string
  readonly task?: string
  readonly queue?: string
  /** Default `application`. */
  readonly by?: string
}

/** The part of an app that a person operates, and what its app needs to let it go on and to end it. */
export function operator(kit: OperatorKit): Operator & Pick<Drivers, 'adopt' | 'end'> {
  // Tasks that a filter brought along, for edits of jobs that this process has no handler for.
  const brought = new Map<string, AnyTask>()
  const taskOf = (name: string) => kit.taskOf(name) ?? brought.get(name)
  const drivers = driversOf({ ...kit, taskOf })
  const begin =
    (kind: Bulk['kind']) =>
    (filter: AnyDeadLetters, options: AnyRedriveOptions = {}) => {
      if (isTask(filter?.task)) brought.set(filter.task.name, filter.task)
      return beginBulk({ ...kit, drivers }, kind, { filter, options })
    }
  return {
    failures: async (where) => listFailures(await kit.open(), where, kit.clock.now()),
    async markFailures({ by = drivers.by, ...which }, status) {
      return markFailures(await kit.open(), which, { status, by })
    },
    // What comes back depends on `dryRun`, as the overloads say.
    redrive: begin('redrive') as Operator['redrive'],
    purge: begin('purge') as Operator['purge'],
    bulk: (id) => bulkHandle(drivers, checkKey(id, 'id')),
    bulks: async () => (await (await kit.open()).bulk.list()).map(toProgress),
    async edit(id, edit, options = {}) {
      const task = options.task as AnyTask | undefined
      return editJob(await kit.open(), {
        id: checkKey(id, 'id'),
        edit,
        taskOf: withTask(taskOf, task),
        wrapping: kit.wrapping,
        options,
      })
    },
    adopt: drivers.adopt,
    end: drivers.end,
  }
}

function withTask(taskOf: OperatorKit['taskOf'], task: AnyTask | undefined): OperatorKit['taskOf'] {
  if (task !== undefined && !isTask(task))
    throw new InvalidOption('task', task, "the value that task('name', …) gave you")
  return (name) => (task?.name === name ? task : taskOf(name))
}

async function beginBulk(
  { open, clock, newId, drivers }: OperatorKit & { readonly drivers: Drivers },
  kind: Bulk['kind'],
  { filter, options }: { readonly filter: AnyDeadLetters; readonly options: AnyRedriveOptions },
): Promise<BulkHandle | Forecast> {
  const plan = toPlan(kind, toFilter(filter, clock.now()), options)
  const store = await open()
  const { limit, dryRun, edit } = options
  if (dryRun) return forecast(store, plan.filter, { ...(limit !== undefined && { limit }) })
  const { total } = await forecast(store, plan.filter, { limit: 1 })
  const id = newId()
  if (total === 0)
    return emptyHandle({ id, kind, by: plan.by, needsCode: false, startedAt: new Date(clock.now()) })
  drivers.take(store, await store.bulk.start({ ...plan, id, driver: drivers.name() }), edit)
  return bulkHandle(drivers, id)
}

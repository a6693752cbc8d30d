import { type Declared, toSlot } from '../define/schedule.ts'
import type { AnyTask } from '../define/task.ts'
import { toNewJob } from '../enqueue/new-job.ts'
import { LegworkError } from '../job/errors.ts'
import type { NewJob } from '../job/job.ts'
import { encode } from '../job/payload.ts'
import type { JobTemplate } from '../job/schedule.ts'
import type { Wrapping } from '../job/wrapping.ts'
import type { MakeJob } from '../upkeep/schedule-slots.ts'

/** Makes the jobs of slots as a producer would, so that whatever holds for a job holds for them. */
export interface SlotJobs {
  /** What does not depend on the slot; rejects where an input does not fit the task. */
  template(declared: Declared): Promise<JobTemplate>
  make: MakeJob
  /** What another input changes of a template; checked against the task's schema where this process knows the task. */
  given(template: JobTemplate, input: unknown): Promise<Pick<NewJob, 'payload' | 'unique'>>
}

export function slotJobs({
  declared,
  taskOf,
  now,
  wrapping,
}: {
  readonly declared: ReadonlyMap<string, Declared>
  taskOf(name: string): AnyTask | undefined
  now(): number
  readonly wrapping: Wrapping
}): SlotJobs {
  // What is hidden is hidden under the id of its job, which only a slot has.
  const world = { newId: () => '', now, wrapping: { ...wrapping, store: (job: NewJob) => job } }
  const jobFor = async ({ task, jobOptions }: Declared, input: unknown): Promise<Omit<NewJob, 'id'>> => {
    const { id: _, ...job } = await toNewJob(task, input, jobOptions, world)
    return job
  }
  return {
    async template(one) {
      if (typeof one.input !== 'function') {
        const { payload: hidden, ...rest } = await jobFor(one, one.input)
        // A template lies in the store for all to see, so what is hidden comes with each slot, from the code.
        return one.task.policy.hide ? rest : { ...rest, payload: hidden }
      }
      // The input comes with each slot; here is nothing yet for its schema to look at, or to make a unique key of.
      const { unique: _unique, ...policy } = one.task.policy
      const task = { ...one.task, input: undefined, policy }
      const { payload: _, ...job } = await jobFor({ ...one, task }, undefined)
      return job
    },
    async make(schedule, facts, id) {
      const { name, plan, backfill } = schedule
      const own = declared.get(backfill?.of ?? name)
      const hide = (own?.task ?? taskOf(plan.job.task))?.policy.hide
      const { payload, ...job } = plan.job
      if (payload !== undefined) return wrapping.store({ ...job, payload, id }, hide)
      if (!own)
        throw new LegworkError(
          'LW2304',
          `the input of schedule ${name} is made by its code, which this process has not. Give an input, or do it in a process that declares the schedule.`,
          { name },
        )
      const input =
        typeof own.input === 'function'
          ? await (own.input as (slot: unknown) => unknown)(toSlot(facts))
          : own.input
      return wrapping.store({ ...(await jobFor(own, input)), id }, hide)
    },
    async given({ task: name, unique: own }, input) {
      const task = taskOf(name) ?? [...declared.values()].find((one) => one.task.name === name)?.task
      if (task) {
        const { payload, unique } = await toNewJob(task, input, {}, world)
        return { payload, ...(unique && { unique }) }
      }
      if (own)
        throw new LegworkError(
          'LW2304',
          `the unique key of an input of task ${name} is made by its code, which this process has not. Give no input, or do it in a process that has a handler for the task.`,
          { task: name },
        )
      return { payload: encode(input, `the input of task ${name}`) }
    },
  }
}

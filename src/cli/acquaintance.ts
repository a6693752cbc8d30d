import { nearest } from '../job/errors.ts'
import type { Job, Store, WorkerView } from '../store/index.ts'
import { safe } from './safe.ts'

/** Names that a store knows: all of its queues; of tasks those of its workers and of its newest jobs. */
export interface Acquaintance {
  readonly queues: readonly string[]
  readonly tasks: readonly string[]
  readonly workers: readonly WorkerView[]
}

/** Jobs that are looked at for the names of their tasks. */
const sampled = 100

export async function acquaintanceOf(store: Store): Promise<Acquaintance> {
  const [counts, workers, { jobs }] = await Promise.all([
    store.counts(),
    store.workers(),
    store.find({}, { limit: sampled }),
  ])
  const tasks = [...jobs.map(({ task }) => task), ...workers.flatMap((worker) => worker.tasks)]
  return { queues: counts.map(({ queue }) => queue), tasks: [...new Set(tasks)], workers }
}

/** The newest jobs of a task; a store answers at once where it has none. */
export const jobsOf = async (store: Store, task: string): Promise<readonly Job[]> =>
  (await store.find({ task }, { limit: 20 })).jobs

/** A sentence for each name that the store has never heard: more often a slip of the keys than a wish. */
export async function strangers(
  store: Store,
  { task, queue }: { readonly task?: string | undefined; readonly queue?: string | undefined },
): Promise<string[]> {
  if (task === undefined && queue === undefined) return []
  const known = await acquaintanceOf(store)
  const isTask = task === undefined || known.tasks.includes(task) || (await jobsOf(store, task)).length > 0
  return [
    ...(isTask ? [] : [`No job here is of a task ${safe(task)}${maybe(task, known.tasks)}.`]),
    ...(queue === undefined || known.queues.includes(queue)
      ? []
      : [`No job was ever in a queue ${safe(queue)}${maybe(queue, known.queues)}.`]),
  ]
}

/** ` (did you mean X?)`, where there is something near. */
export function maybe(typed: string, known: readonly string[]): string {
  const near = nearest(typed, known)
  return near === undefined ? '' : ` (did you mean ${safe(near)}?)`
}

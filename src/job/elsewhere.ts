import { defaults } from './defaults.ts'
import type { Settlement } from './job.ts'
import { knownVersion } from './known.ts'

/** A worker, as far as it can take a job over. */
export interface Server {
  readonly queues: readonly string[]
  readonly tasks: readonly string[]
  readonly versions?: Readonly<Record<string, number>>
  readonly host: string
  readonly pid: number
  readonly ending?: true
}

/** Whether a settlement sends its job to another process. */
export const goesElsewhere = ({ elsewhere, move }: Settlement): boolean =>
  elsewhere === true && (move === 'retry' || move === 'snooze')

/** Names a process: workers that are registered anew stay the same one. */
export const processOf = ({ host, pid }: Pick<Server, 'host' | 'pid'>): string => `${host}:${pid}`

/** From when on a job that is to run elsewhere may run anywhere. */
export const anywhereAt = (availableAt: number): number => availableAt + defaults.elsewhereMs

/** True for a worker of another process that serves such a job. */
export const canTakeOver = (
  { queues, tasks, versions, host, pid, ending }: Server,
  job: { readonly queue: string; readonly task: string; readonly version: number },
  avoided: string,
): boolean =>
  ending !== true &&
  processOf({ host, pid }) !== avoided &&
  queues.includes(job.queue) &&
  tasks.includes(job.task) &&
  knownVersion({ ...(versions && { versions }) }, job.task) >= job.version

import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'
import { checkCount, checkKnown } from '../job/name.ts'
import { type Size, toBytes } from '../job/size.ts'

/** Where the handler of a task runs, with every default filled in. */
export interface Isolation {
  readonly in: 'thread' | 'process'
  readonly memoryBytes?: number
  readonly maxJobs?: number
  readonly maxAgeMs?: number
}

export interface IsolateOptions {
  /** A thread starts faster and shares the process; a process survives crashes of native code. */
  readonly in: 'thread' | 'process'
  /** What the handler may use, from 16 MB; more ends the isolate, and the job counts as crashed. Default: Node's own limit. */
  readonly memory?: Size
  /** A new isolate after so many jobs. Default: never. */
  readonly jobs?: number
  /** A new isolate once it is so old. Default: never. */
  readonly age?: Duration
}

export type Isolate = 'thread' | 'process' | IsolateOptions

/** @throws {InvalidOption} LW1201 */
export function toIsolation(value: unknown, option: string): Isolation {
  const given = typeof value === 'string' ? { in: value } : value
  checkKnown(given, ['in', 'memory', 'jobs', 'age'], option)
  // Each field is checked below.
  const { in: place, memory, jobs, age } = given as IsolateOptions
  if (place !== 'thread' && place !== 'process')
    throw new InvalidOption(
      option,
      value,
      "thread or process, or an object such as { in: 'process', memory: '512mb' }",
    )
  return {
    in: place,
    ...(memory !== undefined && { memoryBytes: toBytes(memory, `${option}.memory`, memoryRange) }),
    ...(jobs !== undefined && { maxJobs: checkCount(jobs, `${option}.jobs`, 1, 1_000_000_000) }),
    ...(age !== undefined && { maxAgeMs: toMs(age, `${option}.age`, 1) }),
  }
}

const memoryRange = [16 * 1_048_576, 1_024 * 1_073_741_824] as const

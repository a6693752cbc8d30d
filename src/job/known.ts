/** A task that a worker has a handler for, with the newest payload version that it knows. */
export interface KnownTask {
  readonly name: string
  readonly version: number
}

/** True when a worker that knows these tasks can run such a job; one that names none can run any. */
export function canRun(
  known: readonly KnownTask[] | undefined,
  job: { readonly task: string; readonly version: number },
): boolean {
  return known === undefined || known.some(({ name, version }) => name === job.task && job.version <= version)
}

/** The newest payload version of a task that a worker knows, by what it said of itself. */
export const knownVersion = (
  { versions = {} }: { readonly versions?: Readonly<Record<string, number>> },
  task: string,
): number => (Object.hasOwn(versions, task) ? (versions[task] ?? 1) : 1)

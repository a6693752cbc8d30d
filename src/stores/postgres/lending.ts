import type { Fence } from '../../job/job.ts'

/** What the store knows of a job that it handed out and that its settlement does not say. */
export interface Lent {
  readonly fence: Fence
  readonly seq: number
  /** It is to be kept for a time of its own. */
  readonly isKept: boolean
}

/** The jobs that this process was handed, by id: their rows are found without a look for the id. */
export interface Lending {
  lend(id: string, lent: Lent): void
  /** What was lent under this fence; absent where it was not, or is not known any more. */
  of(id: string, fence: Fence): Lent | undefined
  forget(id: string, fence: Fence): void
}

/** More than the workers of a process hold. What is forgotten too early is found by its id. */
const most = 50_000

export function lending(): Lending {
  const lent = new Map<string, Lent>()
  return {
    lend(id, one) {
      lent.set(id, one)
      if (lent.size > most) for (const oldest of lent.keys()) return void lent.delete(oldest)
    },
    of(id, fence) {
      const one = lent.get(id)
      return one?.fence === fence ? one : undefined
    },
    forget(id, fence) {
      if (lent.get(id)?.fence === fence) lent.delete(id)
    },
  }
}

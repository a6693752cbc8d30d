import { type Engine, forgetNames } from './engine.ts'
import { run, runIdle, type Verb, writes } from './verbs.ts'

/** A verb with its arguments, as it came from the other side. */
export interface Call {
  readonly id: number
  readonly verb: Verb
  readonly args: readonly unknown[]
}

/**
 * Answers several calls with one commit, hence one fsync for all of them. Either everything that they write is
 * committed when this returns, or nothing is: it throws what went wrong. Reads see what was just written.
 */
export function runTogether(e: Engine, calls: readonly Call[]): unknown[] {
  const answers: unknown[] = new Array(calls.length)
  const writers = [...calls.keys()].filter((i) => writes((calls[i] as Call).verb))
  const idle =
    writers.length === 1
      ? inTransaction(e, 'begin', () => runOne(e, calls[writers[0] as number] as Call, runIdle))
      : undefined
  if (idle !== undefined) answers[writers[0] as number] = idle
  else if (writers.length > 0)
    inTransaction(e, 'begin immediate', () => runEach(e, { calls, at: writers, answers }))
  const readers = [...calls.keys()].filter((i) => !writers.includes(i))
  if (readers.length > 0) inTransaction(e, 'begin', () => runEach(e, { calls, at: readers, answers }))
  return answers
}

interface Work {
  readonly calls: readonly Call[]
  /** Which of them, by index. */
  readonly at: readonly number[]
  readonly answers: unknown[]
}

function runEach(e: Engine, { calls, at, answers }: Work): void {
  for (const i of at) answers[i] = runOne(e, calls[i] as Call, run)
}

const runOne = (e: Engine, { verb, args }: Call, how: typeof run): unknown => how(e, verb, args)

function inTransaction<T>(e: Engine, begin: 'begin' | 'begin immediate', work: () => T): T {
  e.db.exec(begin)
  try {
    const answer = work()
    e.db.exec('commit')
    return answer
  } catch (error) {
    // Some errors, a full disk among them, have ended the transaction already.
    if (e.db.isTransaction) e.db.exec('rollback')
    forgetNames(e)
    throw error
  }
}

import type { Database, Statement } from './driver.ts'
import { type SqlName, sql } from './sql.generated.ts'

/** The store's time, read from wherever the connection lives. */
export interface Time {
  /** Whole milliseconds since 1970. */
  now(): number
  /** Milliseconds that never go back, shared by all processes of one boot. */
  monotonic(): number
  /** Names the boot that the monotonic clock counts from. */
  readonly boot: string
}

/** One connection, ready to run the verbs on. All of them are synchronous; whoever calls them holds the transaction. */
export interface Engine {
  readonly db: Database
  readonly time: Time
  statement(name: SqlName): Statement
  /** Numbers of names as this transaction knows them; to be forgotten when it is rolled back. */
  readonly names: { readonly queues: Map<string, number>; readonly tasks: Map<string, number> }
}

export function engineOn(db: Database, time: Time): Engine {
  const prepared = new Map<SqlName, Statement>()
  return {
    db,
    time,
    names: { queues: new Map(), tasks: new Map() },
    statement(name) {
      const known = prepared.get(name)
      if (known) return known
      const fresh = db.prepare(sql[name])
      // A user's own connection may have been opened with other habits.
      fresh.setReadBigInts(false)
      fresh.setReturnArrays?.(false)
      prepared.set(name, fresh)
      return fresh
    },
  }
}

export function forgetNames({ names }: Engine): void {
  names.queues.clear()
  names.tasks.clear()
}

/** The number of a queue, made where it has none yet. */
export const queueId = (e: Engine, name: string): number =>
  idOf(e, { name, known: e.names.queues, add: 'queueAdd' })

/** The number of a task, made where it has none yet. */
export const taskId = (e: Engine, name: string): number =>
  idOf(e, { name, known: e.names.tasks, add: 'taskAdd' })

function idOf(
  e: Engine,
  { name, known, add }: { name: string; known: Map<string, number>; add: SqlName },
): number {
  const seen = known.get(name)
  if (seen !== undefined) return seen
  const { id } = e.statement(add).get(name) as { id: number }
  known.set(name, id)
  return id
}

/** Counts what a transaction does to the numbers of jobs by queue and state, to write each difference once. */
export interface Tally {
  add(queueId: number, state: number, difference: number): void
  write(): void
}

export function newTally(e: Engine): Tally {
  const differences = new Map<number, number>()
  return {
    add(queueId, state, difference) {
      const key = queueId * 16 + state
      differences.set(key, (differences.get(key) ?? 0) + difference)
    },
    write() {
      for (const [key, n] of differences)
        if (n !== 0) e.statement('tallyAdd').run(Math.floor(key / 16), key % 16, n)
      differences.clear()
    },
  }
}

/** True for 1, the way SQLite says true. */
export const yes = (row: unknown): boolean => (row as { due: number }).due === 1

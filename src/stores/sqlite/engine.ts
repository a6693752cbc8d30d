import type { Database, Statement, Value } from './driver.ts'
import { type SqlName, sql } from './sql.generated.ts'

/** The store's time, read from wherever the connection lives. */
export interface Time {
  /** Whole milliseconds since 1970. */
  now(): number
  /** Milliseconds that never go back, shared by all processes of one boot. */
  monotonic(): number
  /** Names the boot that the monotonic clock counts from. */
  readonly boot: string
  /** Asks the file system again what time it is, for what must be neither early nor late. */
  check?(): void
}

/** Jobs of one queue, task and payload version stand in line together: a worker takes from the lanes that it can run. */
export interface Lane {
  readonly id: number
  readonly name: string
  readonly version: number
  /** See lane-kinds.ts. */
  readonly kind: number
}

/** Numbers that names have in this file. */
interface Names {
  readonly queues: Map<string, number>
  readonly tasks: Map<string, number>
  readonly lanes: Map<string, number>
  /** The lanes of each queue, and the newest lane when they were read. */
  readonly lanesOf: Map<number, readonly Lane[]>
  newestLane: number
}

/** One connection, ready to run the verbs on. All of them are synchronous; whoever calls them holds the transaction. */
export interface Engine {
  readonly db: Database
  readonly time: Time
  statement(name: SqlName): Statement
  /** Runs an insert for many rows, several in one statement: twice as fast as one by one. */
  insert(name: SqlName, rows: readonly (readonly Value[])[]): void
  /** Numbers of names as this transaction knows them; to be forgotten when it is rolled back. */
  readonly names: Names
}

/** Rows of one statement. */
const together = 16

export function engineOn(db: Database, time: Time): Engine {
  const prepared = new Map<string, Statement>()
  function prepare(key: string, text: () => string): Statement {
    const known = prepared.get(key)
    if (known) return known
    const fresh = db.prepare(text())
    // A user's own connection may have been opened with other habits.
    fresh.setReadBigInts(false)
    fresh.setReturnArrays?.(false)
    prepared.set(key, fresh)
    return fresh
  }
  const statement = (name: SqlName): Statement => prepare(name, () => sql[name])
  return {
    db,
    time,
    names: { queues: new Map(), tasks: new Map(), lanes: new Map(), lanesOf: new Map(), newestLane: -1 },
    statement,
    insert(name, rows) {
      let done = 0
      for (; rows.length - done >= together; done += together) {
        prepare(`${name} x ${together}`, () => forRows(sql[name], together)).run(
          ...rows.slice(done, done + together).flat(),
        )
      }
      for (const row of rows.slice(done)) statement(name).run(...row)
    },
  }
}

/** An insert of one row, made to take several. */
function forRows(text: string, rows: number): string {
  return text.replace(/values \(([^)]*)\)/, (_, marks: string) => {
    const row = `(${marks
      .split(',')
      .map(() => '?')
      .join(', ')})`
    return `values ${new Array(rows).fill(row).join(', ')}`
  })
}

/** The answer of a statement that gives its rows as one JSON text, ten times as fast to fetch as rows of many columns. */
export function readJson(e: Engine, name: SqlName, ...values: Value[]): unknown {
  return JSON.parse((e.statement(name).get(...values) as { json: string }).json)
}

export function forgetNames({ names }: Engine): void {
  names.queues.clear()
  names.tasks.clear()
  names.lanes.clear()
  names.lanesOf.clear()
}

/** The number of a queue, made where it has none yet. */
export const queueId = (e: Engine, name: string): number =>
  idOf(e.names.queues, name, () => e.statement('queueAdd').get(name))

/** The number of a task, made where it has none yet. */
export const taskId = (e: Engine, name: string): number =>
  idOf(e.names.tasks, name, () => e.statement('taskAdd').get(name))

/** A number that is known, or the one that `add` answers with. */
export function idOf(known: Map<string, number>, key: string, add: () => unknown): number {
  const seen = known.get(key)
  if (seen !== undefined) return seen
  const { id } = add() as { id: number }
  known.set(key, id)
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

import { StoreError } from '../../job/errors.ts'

/** What SQLite stores and gives back. */
export type Value = null | number | bigint | string | Uint8Array

/** The part of a `StatementSync` that Legwork uses; `node:sqlite` and `@photostructure/sqlite` both have it. */
export interface Statement {
  run(...values: Value[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint }
  get(...values: Value[]): unknown
  all(...values: Value[]): unknown[]
  setReadBigInts(on: boolean): void
  /** Missing in the first versions of node:sqlite. */
  setReturnArrays?(on: boolean): void
}

/** The part of a `DatabaseSync` that Legwork uses. */
export interface Database {
  readonly isTransaction: boolean
  readonly isOpen: boolean
  exec(sql: string): void
  prepare(sql: string): Statement
  location(): string | null
  close(): void
}

/** The SQLite library that this process uses for the store. Two in one process could corrupt a file that they share. */
export interface Driver {
  readonly name: 'node:sqlite' | '@photostructure/sqlite'
  /** Version of the SQLite inside. */
  readonly version: string
  readonly DatabaseSync: new (path: string, options?: Readonly<Record<string, unknown>>) => Database
}

/** Before this version two processes could lose pages to a race in WAL mode (fixed by SQLite's release of March 2026). */
const oldestSafe = '3.51.3'

let loading: Promise<Driver> | undefined

/**
 * The SQLite driver of this process: `node:sqlite` where it is there and new enough, else `@photostructure/sqlite`.
 * Open your own connection with its `DatabaseSync` when you want to enqueue inside your transactions.
 * @throws {StoreError} LW1001 when there is none, LW1015 when all are older than SQLite 3.51.3.
 */
export function driver(): Promise<Driver> {
  loading ??= pick().catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

async function pick(): Promise<Driver> {
  const found = [builtIn(), await installed()].filter((d) => d !== undefined)
  const good = found.find((d) => isAtLeast(d.version, oldestSafe))
  if (good) return good
  const old = found.map((d) => `${d.name} has SQLite ${d.version}`).join(', ')
  if (found.length > 0) {
    throw new StoreError(
      'LW1015',
      `${old}; ${oldestSafe} or newer is needed. npm install @photostructure/sqlite`,
      { old },
    )
  }
  throw new StoreError('LW1001', 'No SQLite driver found. npm install @photostructure/sqlite', {
    node: process.version,
  })
}

function builtIn(): Driver | undefined {
  const load: ((name: string) => unknown) | undefined = process.getBuiltinModule
  if (!load) return undefined
  const emit = process.emitWarning
  // Node 22 and 24 warn once that node:sqlite is experimental; a user of Legwork can do nothing with that.
  process.emitWarning = (() => {}) as typeof process.emitWarning
  try {
    return describe('node:sqlite', load('node:sqlite'))
  } finally {
    process.emitWarning = emit
  }
}

async function installed(): Promise<Driver | undefined> {
  try {
    return describe('@photostructure/sqlite', await import('@photostructure/sqlite'))
  } catch {
    return undefined
  }
}

function describe(name: Driver['name'], module: unknown): Driver | undefined {
  // The driver's own types differ between the two packages; what is used of them is described above.
  const { DatabaseSync } = (module ?? {}) as { DatabaseSync?: Driver['DatabaseSync'] }
  if (!DatabaseSync) return undefined
  const db = new DatabaseSync(':memory:')
  const { version } = db.prepare('select sqlite_version() as version').get() as { version: string }
  db.close()
  return { name, version, DatabaseSync }
}

/** Compares versions by their numbers. */
export function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [version, least].map((text) => text.split('.').map(Number))
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

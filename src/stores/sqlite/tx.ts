import { realpathSync, statSync } from 'node:fs'
import { StoreError } from '../../job/errors.ts'
import { type Database, driver } from './driver.ts'
import { type Engine, engineOn, forgetNames, type Time } from './engine.ts'
import { isStale, toStoreError } from './faults.ts'
import { readVersion } from './migrate.ts'

const engines = new WeakMap<Database, Engine>()

/** The store whose file the caller's connection must be to. */
interface Target {
  readonly path: string
  time(): Time
}

/**
 * Works on the caller's own connection, in its open transaction: what is done exists when it commits, and never existed
 * when it rolls back. Either all of it is written or nothing. @throws {StoreError} LW1014 when `tx` will not do.
 */
export async function workIn<T>(tx: unknown, store: Target, work: (e: Engine) => T): Promise<T> {
  const { DatabaseSync, name } = await driver()
  if (!(tx instanceof DatabaseSync)) {
    throw wrong(
      `${describe(tx)} is not a DatabaseSync of ${name}, which the store uses. Open your connection with openDatabase() of legwork/sqlite`,
    )
  }
  checkTransaction(tx, store.path)
  const e = engines.get(tx) ?? engineOn(tx, store.time())
  engines.set(tx, e)
  return atomically(e, work, store.path)
}

/**
 * A new store needs its tables, and would wait for the lock that the caller's own transaction holds.
 * @throws {StoreError} LW1014
 */
export async function refuseNewIn(tx: unknown, path: string): Promise<void> {
  if (tx === undefined) return
  const { DatabaseSync } = await driver()
  if (!(tx instanceof DatabaseSync) || !tx.isOpen || !tx.isTransaction) return
  if (isSameFile(tx.location(), path) && readVersion(tx) === 0)
    throw wrong(
      'the store is new and cannot be set up inside your transaction. Open it before: await app.durability()',
    )
}

function checkTransaction(db: Database, path: string): void {
  if (!db.isOpen) throw wrong('the connection is closed')
  if (!isSameFile(db.location(), path))
    throw wrong(`the connection is to ${db.location() ?? 'memory'}, the store is ${path}`)
  if (!db.isTransaction) throw wrong('no transaction is open on the connection. Run "begin immediate" first')
}

/** A savepoint, so that a failure takes back all of this work and nothing else of the caller's transaction. */
function atomically<T>(e: Engine, work: (e: Engine) => T, path: string): T {
  // What this connection saw before may have been rolled back by its owner.
  forgetNames(e)
  try {
    e.db.exec('savepoint legwork_in')
    const answer = work(e)
    e.db.exec('release legwork_in')
    return answer
  } catch (error) {
    if (e.db.isTransaction) e.db.exec('rollback to legwork_in; release legwork_in')
    if (isStale(error))
      throw wrong('your transaction had read before somebody else wrote. Roll back and use "begin immediate"')
    throw toStoreError(error, path)
  }
}

function isSameFile(a: string | null, b: string): boolean {
  if (!a) return false
  try {
    if (realpathSync(a) === realpathSync(b)) return true
    const [one, other] = [statSync(a), statSync(b)]
    return one.dev === other.dev && one.ino === other.ino
  } catch {
    return false
  }
}

const wrong = (why: string): StoreError => new StoreError('LW1014', `app.in(tx): ${why}.`)

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `${value === null ? 'null' : typeof value}`
  return `an object of class ${(value.constructor as { name?: string } | undefined)?.name ?? 'unknown'}`
}

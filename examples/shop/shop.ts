// The shop's own tables. They lie in the file that holds the jobs, so that a customer and the job to greet
// her are written by one transaction.
import { openDatabase } from 'legwork/sqlite'
import type { Person } from './people.ts'

export type ShopDb = Awaited<ReturnType<typeof openShop>>

export interface Area {
  readonly zip: string
  readonly latitude: string
  readonly longitude: string
  readonly city: string
  readonly state: string
  readonly county: string
}

const schema = `
  create table if not exists customer (email text primary key, name text not null) strict;
  create table if not exists area (
    line integer primary key,
    zip text not null, latitude text not null, longitude text not null,
    city text not null, state text not null, county text not null
  ) strict;
  create table if not exists import (file text primary key, rows integer not null) strict;`

/** Opens the shop's tables with the SQLite driver that Legwork uses. */
export async function openShop(path: string) {
  const db = await openDatabase(path)
  // In ms: how long a transaction waits for one of another process.
  db.exec('pragma busy_timeout = 10000')
  db.exec(schema)
  return db
}

export function addCustomer(db: ShopDb, { email, name }: Person): void {
  db.prepare('insert into customer (email, name) values (?, ?)').run(email, name)
}

export function emailsOf(db: ShopDb): readonly string[] {
  const rows = db.prepare('select email from customer order by email').all() as { email: string }[]
  return rows.map(({ email }) => email)
}

/** How many customers and delivery areas there are. */
export function countsOf(db: ShopDb): { readonly customers: number; readonly areas: number } {
  const count = (table: 'customer' | 'area') =>
    Number((db.prepare(`select count(*) as n from ${table}`).get() as { n: number }).n)
  return { customers: count('customer'), areas: count('area') }
}

/** How many rows of a file are in the table already. */
export function rowsImported(db: ShopDb, file: string): number {
  const row = db.prepare('select rows from import where file = ?').get(file) as { rows: number } | undefined
  return row?.rows ?? 0
}

/**
 * Adds the rows that follow row number `done`, and moves the cursor, in one transaction: after a crash both
 * are there or neither. Gives the new cursor. @throws when another run has moved the cursor meanwhile.
 */
export function addAreas(
  db: ShopDb,
  file: string,
  { done, rows }: { done: number; rows: readonly Area[] },
): number {
  const insert = db.prepare('insert into area values (?, ?, ?, ?, ?, ?, ?)')
  return inTransaction(db, () => {
    if (rowsImported(db, file) !== done) throw new Error(`${file}: another run has gone on from row ${done}`)
    for (const [i, a] of rows.entries()) {
      insert.run(done + i + 1, a.zip, a.latitude, a.longitude, a.city, a.state, a.county)
    }
    db.prepare('insert or replace into import (file, rows) values (?, ?)').run(file, done + rows.length)
    return done + rows.length
  })
}

function inTransaction<T>(db: ShopDb, work: () => T): T {
  db.exec('begin immediate')
  try {
    const answer = work()
    db.exec('commit')
    return answer
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}

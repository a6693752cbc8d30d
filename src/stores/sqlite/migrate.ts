import { StoreError } from '../../job/errors.ts'
import type { Migrated } from '../../store/contract.ts'
import type { Database } from './driver.ts'
import { schema } from './sql.generated.ts'

export const newestVersion = schema.length

/** The version of the schema in this file; 0 when it has none. */
export function readVersion(db: Database): number {
  const known = db.prepare("select 1 from sqlite_schema where type = 'table' and name = 'legwork_meta'").get()
  if (!known) return 0
  const row = db.prepare("select value from legwork_meta where key = 'schema'").get() as
    | { value: string }
    | undefined
  return Number(row?.value ?? 0)
}

/** @throws {StoreError} LW1010 when a newer Legwork has written the file. */
export function refuseNewer(version: number, path: string): void {
  if (version <= newestVersion) return
  throw new StoreError(
    'LW1010',
    `${path} has schema ${version}; this Legwork knows up to ${newestVersion}. Upgrade legwork in this process.`,
    { path, version, known: newestVersion },
  )
}

/** @throws {StoreError} LW1011 when the file is older, or no store at all, and nobody may change it here. */
export function refuseOlder(version: number, path: string): void {
  if (version >= newestVersion) return
  const off = 'and automatic migration is off'
  if (version === 0)
    throw new StoreError(
      'LW1011',
      `${path} is no Legwork store: it has no table legwork_meta, ${off}. Name another file, or run: legwork migrate`,
      { path, version, needed: newestVersion },
    )
  throw new StoreError(
    'LW1011',
    `${path} has schema ${version}, this Legwork needs ${newestVersion}, ${off}. Run: legwork migrate`,
    { path, version, needed: newestVersion },
  )
}

/** The steps from a version to the newest, without doing them. */
export function stepsFrom(version: number): Migrated {
  return { from: version, to: newestVersion, steps: schema.filter((step) => step.version > version) }
}

/**
 * Brings the schema up to date in one transaction. The version is read again under the write lock, so any number of
 * processes may open a new file at once. Throws SQLite's own busy error when another one is at it: try again.
 */
export function migrateUp(db: Database, path: string): Migrated {
  const seen = readVersion(db)
  refuseNewer(seen, path)
  if (seen === newestVersion) return stepsFrom(seen)
  db.exec('begin immediate')
  try {
    const plan = stepsFrom(readVersion(db))
    refuseNewer(plan.from, path)
    for (const step of plan.steps) db.exec(step.sql)
    writeMeta(db)
    db.exec('commit')
    return plan
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}

function writeMeta(db: Database): void {
  db.prepare(
    "insert into legwork_meta (key, value) values ('schema', ?1) on conflict (key) do update set value = ?1",
  ).run(String(newestVersion))
  db.exec("insert or ignore into legwork_meta (key, value) values ('store', lower(hex(randomblob(16))))")
}

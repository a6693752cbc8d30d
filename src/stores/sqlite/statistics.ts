import type { Database } from './driver.ts'

/**
 * Forgets what ANALYZE has once written about Legwork's tables. A queue is empty at one moment and has a million rows at
 * the next: with the statistics of a few jobs SQLite would rather read a whole table than search it, with each claim.
 * Without any it goes by the indexes, as every statement here is written for. Statistics of other tables are left alone.
 */
export function forgetStatistics(db: Database): void {
  const tables = db
    .prepare("select name from sqlite_schema where name in ('sqlite_stat1', 'sqlite_stat4')")
    .all() as { readonly name: string }[]
  const stale = tables.filter(({ name }) =>
    db.prepare(`select 1 from ${name} where tbl glob 'legwork_*' limit 1`).get(),
  )
  if (stale.length === 0) return
  for (const { name } of stale) db.exec(`delete from ${name} where tbl glob 'legwork_*'`)
  // Reads the statistics again; nothing is analysed.
  db.exec('analyze sqlite_schema')
}

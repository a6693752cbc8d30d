import type { Link } from './connect.ts'
import { codeOf } from './faults.ts'
import type { Home } from './place.ts'

/** An index on a table that may be large by now. */
export interface Index {
  readonly name: string
  /** What stands behind its name: `on job (id) where …`. */
  readonly sql: string
}

/** Somebody else made the same one at this moment, or two of us stood in each other's way. */
const isBeside = (error: unknown): boolean => ['42P07', '23505', '40P01', '55P03'].includes(codeOf(error))
const tries = 30

/** Makes indices while everybody goes on writing; what a process that died left half made is made again. */
export async function makeIndexes(link: Link, home: Home, indexes: readonly Index[]): Promise<void> {
  for (const index of indexes) await makeOne(link, home, index)
}

async function makeOne(link: Link, { schema }: Home, { name, sql }: Index): Promise<void> {
  const at = `${schema}."${name}"`
  // No transaction may be around these. They wait for transactions that are older than they are, as long as it takes.
  const alone = (text: string) => link.query(text, undefined, { isLong: true })
  for (let n = 1; ; ) {
    try {
      const state = await stateOf(link, at)
      if (state === 'good') return
      if (state === 'making') {
        await link.query('select pg_sleep(0.2)::text as answer')
        continue
      }
      if (state === 'broken') await alone(`drop index concurrently if exists ${at}`)
      await alone(`create index concurrently if not exists "${name}" ${sql.replace(/^on /, `on ${schema}.`)}`)
    } catch (error) {
      if (n++ === tries || !isBeside(error)) throw error
    }
  }
}

/** `making`: by somebody who holds its table for that; `broken`: left by one who died. */
async function stateOf(link: Link, at: string): Promise<string> {
  const [row] = await link.query(
    `select case when i.indisvalid then 'good' when exists (select 1 from pg_locks l where l.relation = i.indrelid
       and l.mode = 'ShareUpdateExclusiveLock' and l.pid <> pg_backend_pid()) then 'making' else 'broken' end as answer
     from pg_index i where i.indexrelid = to_regclass($1)`,
    [at],
  )
  return row?.answer ?? 'none'
}

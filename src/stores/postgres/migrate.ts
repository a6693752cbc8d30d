import { StoreError } from '../../job/errors.ts'
import type { Migrated } from '../../store/contract.ts'
import type { Link, Query } from './connect.ts'
import { schema as steps, sql as functions } from './sql.generated.ts'

export const newestVersion = steps.length

/** Where the schema is, and what to call it in messages. */
export interface Home {
  /** Quoted. */
  readonly schema: string
  readonly where: string
}

/** The version of the schema, and a digest of its functions; 0 when there is none. */
export async function readVersion(query: Query, { schema }: Home): Promise<Known> {
  // From the tables of the catalogue, for what a connection remembers of names may be older than a lock that it waited for.
  const [there] = await query(
    `select max(c.oid)::text as answer from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relname = 'meta' and '"' || replace(n.nspname, '"', '""') || '"' = $1`,
    [schema],
  )
  if (!there || there.answer === null) return { version: 0, functions: '' }
  const rows = await query(
    `select key || '=' || value as answer from ${schema}.meta where key in ('schema', 'functions')`,
  )
  const values = new Map(rows.map(({ answer }) => (answer ?? '').split('=', 2) as [string, string]))
  return { version: Number(values.get('schema') ?? 0), functions: values.get('functions') ?? '' }
}
export interface Known {
  readonly version: number
  readonly functions: string
}

/** @throws {StoreError} LW1010 when a newer Legwork has written the schema. */
export function refuseNewer({ version }: Known, { where, schema }: Home): void {
  if (version <= newestVersion) return
  throw new StoreError(
    'LW1010',
    `schema ${schema} of ${where} has version ${version}; this Legwork knows up to ${newestVersion}. Upgrade legwork in this process.`,
    { where, version, known: newestVersion },
  )
}

/** @throws {StoreError} LW1011 when the schema is older, or not there, and nobody may change it here. */
export function refuseOlder({ version }: Known, { where, schema }: Home): void {
  if (version >= newestVersion) return
  const has = version === 0 ? `has no Legwork schema ${schema}` : `has version ${version} of schema ${schema}`
  throw new StoreError(
    'LW1011',
    `${where} ${has}, this Legwork needs version ${newestVersion}, and automatic migration is off. Run: legwork migrate`,
    { where, version, needed: newestVersion },
  )
}

/** The steps from a version to the newest, without doing them. */
export const stepsFrom = ({ version }: Known): Migrated => ({
  from: version,
  to: newestVersion,
  steps: steps.filter((step) => step.version > version),
})

/** True where nothing is to be done: the tables are the newest, and so are the functions. */
export const isCurrent = (known: Known): boolean =>
  known.version === newestVersion && known.functions === functionsDigest

/**
 * Brings the schema up to date in one transaction, under an advisory lock, so that any number of processes may start at
 * once. Functions are made anew when they have changed; those of another version keep their names, so workers of both
 * go on beside each other.
 */
export async function migrateUp(link: Link, home: Home): Promise<Migrated> {
  const seen = await readVersion(link.query, home)
  refuseNewer(seen, home)
  if (isCurrent(seen)) return stepsFrom(seen)
  return link.transaction(
    async (query) => {
      await query(`select pg_advisory_xact_lock(hashtextextended($1, 7))::text as answer`, [
        `legwork migrate ${home.schema}`,
      ])
      const known = await readVersion(query, home)
      refuseNewer(known, home)
      const plan = stepsFrom(known)
      if (isCurrent(known)) return plan
      if (known.version === 0) await query(`create schema if not exists ${home.schema}`)
      // One statement of many parts: one round trip, and the parser sees the settings of the first.
      const parts = [
        // Temporary tables of whoever calls are looked at last.
        `set local search_path = ${home.schema}, pg_temp`,
        'set local check_function_bodies = off',
        ...plan.steps.map(({ sql }) => sql),
        ...Object.values(functions),
        `insert into meta (key, value) values ('schema', '${newestVersion}'), ('functions', '${functionsDigest}')
       on conflict (key) do update set value = excluded.value`,
        'select secure()',
      ]
      await query(parts.join(';\n'))
      return plan
    },
    { isLong: true },
  )
}

/** Tells functions of one release from those of another. */
const functionsDigest = digest(Object.values(functions).join('\n'))

function digest(text: string): string {
  let [a, b] = [0x811c9dc5, 0x9e3779b9]
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193) >>> 0
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b) >>> 0
  }
  return `${a.toString(36)}${b.toString(36)}`
}

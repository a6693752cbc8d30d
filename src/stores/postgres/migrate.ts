import { StoreError } from '../../job/errors.ts'
import type { Migrated } from '../../store/contract.ts'
import type { Link, Query } from './connect.ts'
import { codeOf } from './faults.ts'
import { type Index, makeIndexes } from './indexes.ts'
import type { Home } from './place.ts'
import { schema as steps, sql as functions } from './sql.generated.ts'

/** What one version of Legwork brings into a database. */
export interface Release {
  readonly steps: readonly { readonly version: number; readonly name: string; readonly sql: string }[]
  /** Made anew where they have changed. One whose meaning changes gets a new name, for older workers go on calling it. */
  readonly functions: Readonly<Record<string, string>>
  /** Indices that are made beside everybody's work, after the steps. The functions must do without them meanwhile. */
  readonly indexes: readonly Index[]
  /**
   * Rises whenever functions change: an older release that starts again leaves the newer ones as they are. Steps alone would not
   * tell, for functions may change without one.
   */
  readonly edition: number
  /** The oldest version of the schema whose workers may go on beside this one, and start anew. */
  readonly oldest: number
}

export const ours: Release = { steps, functions, indexes: [], edition: 3, oldest: 1 }

export interface Known {
  readonly version: number
  /** A digest of the functions, and the edition that they are of. */
  readonly functions: string
  readonly edition: number
  readonly indexes: string
  /** Of the release that wrote it: the oldest version that may work beside it. */
  readonly oldest: number
}

const newestOf = ({ steps: all }: Release): number => all.at(-1)?.version ?? 0
export const digestOf = (release: Release): string => digest(Object.values(release.functions).join('\n'))
const indexesOf = ({ indexes }: Release): string => digest(indexes.map(({ sql }) => sql).join('\n'))

/** What is in the database; version 0 when there is nothing. */
export async function readVersion(query: Query, { schema }: Home): Promise<Known> {
  // From the tables of the catalogue, for what a connection remembers of names may be older than a lock that it waited for.
  const [there] = await query(
    `select max(c.oid)::text as answer from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relname = 'meta' and '"' || replace(n.nspname, '"', '""') || '"' = $1`,
    [schema],
  )
  const rows =
    !there || there.answer === null || !(await isOurs(query, there.answer))
      ? []
      : await query(
          `select key || '=' || value as answer from ${schema}.meta where key in ('schema', 'functions', 'edition', 'indexes', 'oldest')`,
        )
  const values = new Map(rows.map(({ answer }) => (answer ?? '').split('=', 2) as [string, string]))
  const version = Number(values.get('schema') ?? 0)
  // Only what was said together with this version counts.
  const [of, oldest] = (values.get('oldest') ?? '').split('/', 2).map(Number)
  return {
    version,
    functions: values.get('functions') ?? '',
    edition: Number(values.get('edition') ?? 0),
    indexes: values.get('indexes') ?? digest(''),
    oldest: of === version && oldest !== undefined ? oldest : version,
  }
}

/** A table of that name may be somebody else's. */
async function isOurs(query: Query, oid: string): Promise<boolean> {
  const [row] = await query(
    `select count(*)::text as answer from pg_attribute where attrelid = $1::oid and attname in ('key', 'value') and atttypid = 'text'::regtype`,
    [oid],
  )
  return row?.answer === '2'
}

/** @throws {StoreError} LW1010 when a newer Legwork has written the schema, beside which this one may not work. */
export function refuseNewer({ version, oldest }: Known, { where, schema }: Home, release = ours): void {
  const newest = newestOf(release)
  if (version <= newest || oldest <= newest) return
  throw new StoreError(
    'LW1010',
    `schema ${schema} of ${where} has version ${version}, which needs a Legwork that knows ${oldest}; this one knows up to ${newest}. Upgrade legwork in this process.`,
    { where, version, known: newest },
  )
}

/** @throws {StoreError} LW1011 when the schema is older, or not there, and nobody may change it here. */
export function refuseOlder({ version, edition }: Known, { where, schema }: Home, release = ours): void {
  const newest = newestOf(release)
  if (version > newest || (version === newest && edition >= release.edition)) return
  const has =
    version === 0
      ? `has no Legwork schema ${schema}`
      : version === newest
        ? `has functions of an older Legwork in schema ${schema}`
        : `has version ${version} of schema ${schema}`
  throw new StoreError(
    'LW1011',
    `${where} ${has}, this Legwork needs version ${newest}, and automatic migration is off. Run: legwork migrate`,
    { where, version, needed: newest },
  )
}

/** The steps from a version to the newest, without doing them. */
export const stepsFrom = ({ version }: Known, release = ours): Migrated => ({
  from: version,
  // A newer one that this release may work beside is left as it is.
  to: Math.max(version, newestOf(release)),
  steps: release.steps.filter((step) => step.version > version),
})

/** True where nothing is to be done: a newer release was here, or tables, functions and indices are this one's. */
export function isCurrent(known: Known, release = ours): boolean {
  if (known.version > newestOf(release)) return true
  if (known.version === newestOf(release) && known.edition > release.edition) return true
  return hasSchema(known, release) && known.indexes === indexesOf(release)
}

const hasSchema = (known: Known, release: Release): boolean =>
  known.version === newestOf(release) && known.functions === digestOf(release)

/** So long may a step wait for a lock, while everybody else waits behind it; then it lets them pass and tries again. */
const lockTimeoutMs = 1_000
const tries = 30

/**
 * Brings the schema up to date in one transaction, under an advisory lock, so that any number of processes may start at
 * once, then makes indices. Workers of an older release go on meanwhile and afterwards: tables only grow, functions keep their names.
 * @throws {StoreError} LW1010, LW1013 where somebody holds a lock for half a minute.
 */
export async function migrateUp(link: Link, home: Home, release = ours): Promise<Migrated> {
  const seen = await readVersion(link.query, home)
  refuseNewer(seen, home, release)
  if (isCurrent(seen, release)) return stepsFrom(seen, release)
  const plan = hasSchema(seen, release)
    ? stepsFrom(seen, release)
    : await insistently(() => stepUp(link, home, release))
  if (seen.indexes !== indexesOf(release)) {
    await makeIndexes(link, home, release.indexes)
    await link.query(
      `insert into ${home.schema}.meta (key, value) values ('indexes', $1) on conflict (key) do update set value = excluded.value`,
      [indexesOf(release)],
    )
  }
  return plan
}

async function insistently<T>(work: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await work()
    } catch (error) {
      if (n === tries || codeOf(error) !== '55P03') throw error
    }
  }
}

const stepUp = (link: Link, home: Home, release: Release): Promise<Migrated> =>
  link.transaction(
    async (query) => {
      await query(`select pg_advisory_xact_lock(hashtextextended($1, 7))::text as answer`, [
        `legwork migrate ${home.schema}`,
      ])
      const known = await readVersion(query, home)
      refuseNewer(known, home, release)
      const plan = stepsFrom(known, release)
      if (isCurrent(known, release) || hasSchema(known, release)) return plan
      if (known.version === 0) await makeSchema(query, home)
      // One statement of many parts: one round trip, and the parser sees the settings of the first.
      const parts = [
        // Temporary tables of whoever calls are looked at last.
        `set local search_path = ${home.schema}, pg_temp`,
        `set local lock_timeout = ${lockTimeoutMs}`,
        'set local check_function_bodies = off',
        ...plan.steps.map(({ sql }) => sql),
        ...Object.values(release.functions),
        `insert into meta (key, value) values ('schema', '${newestOf(release)}'), ('functions', '${digestOf(release)}'),
         ('edition', '${release.edition}'), ('oldest', '${newestOf(release)}/${release.oldest}')
         on conflict (key) do update set value = excluded.value`,
        'select secure()',
      ]
      await query(parts.join(';\n'))
      return plan
    },
    { isLong: true },
  )

/** @throws {StoreError} LW1003 where somebody else has something there: rights and owners are given for all of a schema. */
async function makeSchema(query: Query, { schema, where }: Home): Promise<void> {
  const [row] = await query(
    `select (select string_agg(name, ', ' order by name) from (
       select c.relname::text as name from pg_class c where c.relnamespace = n.oid
       union select p.proname from pg_proc p where p.pronamespace = n.oid limit 5) x) as answer
     from pg_namespace n where '"' || replace(n.nspname, '"', '""') || '"' = $1`,
    [schema],
  )
  if (row?.answer)
    throw new StoreError(
      'LW1003',
      `schema ${schema} of ${where} holds something else, which is not Legwork’s: ${row.answer}. Choose a schema of its own.`,
      { where, fix: 'Choose another schema: ?schema=NAME behind the URL, or postgres({ schema })' },
    )
  await query(`create schema if not exists ${schema}`)
}

/** Tells texts of one release from those of another. */
function digest(text: string): string {
  let [a, b] = [0x811c9dc5, 0x9e3779b9]
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193) >>> 0
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b) >>> 0
  }
  return `${a.toString(36)}${b.toString(36)}`
}

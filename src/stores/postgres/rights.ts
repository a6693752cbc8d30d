import { InvalidOption, StoreError } from '../../job/errors.ts'
import { connect, type Link } from './connect.ts'
import { codeOf, toStoreError } from './faults.ts'
import { readVersion, refuseNewer, refuseOlder } from './migrate.ts'
import { literal, placeOfUrl, quoted } from './place.ts'

/** What a role may be; `none` takes everything away. */
export const kindsOfRights = ['producer', 'worker', 'dashboard', 'migrator', 'none'] as const
export type KindOfRights = (typeof kindsOfRights)[number]

export interface RightsOrder {
  readonly url: string
  readonly role: string
  readonly kind: KindOfRights
}

/**
 * The statements that make a role what it is to be, for the owner of the schema; those for a migrator, and for a role that may not
 * connect, for a superuser or the owner of the database. @throws {InvalidOption} LW1201
 */
export function rightsSql({ url, role, kind }: RightsOrder): readonly string[] {
  const { schema, database } = partsOf(url)
  const to = quoted(role, 'role', 63)
  const onDatabase = (what: string) =>
    `grant ${what} on database ${quoted(database, 'database', 63)} to ${to}`
  if (kind === 'none') return [`select ${schema}.grant_rights('none', ${literal(role)})`]
  if (kind !== 'migrator')
    return [onDatabase('connect'), `select ${schema}.grant_rights('${kind}', ${literal(role)})`]
  // Where there is no schema yet, this role will make it, and own it.
  const call = `if to_regnamespace(${literal(schema)}) is not null then perform ${schema}.hand_over(${literal(role)}); end if`
  return [onDatabase('connect, create'), `do ${literal(`begin ${call}; end`)}`]
}

/**
 * Runs them, all or none. @throws {StoreError} LW1011 where there is no schema to give rights in, LW1019 for who may not give them.
 * @throws {InvalidOption} LW1201 for a role that is not there.
 */
export async function grantRights(
  order: RightsOrder,
): Promise<{ readonly schema: string; readonly done: readonly string[] }> {
  const { url, shown: where } = placeOfUrl(order.url)
  const { schema } = partsOf(order.url)
  const statements = rightsSql(order)
  const link = await connect({ url, max: 1, timeoutMs: 5_000, callTimeoutMs: 20_000 })
  try {
    const known = await readVersion(link.query, { schema, where })
    refuseNewer(known, { schema, where })
    if (order.kind !== 'migrator') {
      refuseOlder(known, { schema, where })
      await refuseOwner(link, schema, order)
    }
    const mayConnect = await mayConnectAs(link, order.role)
    // It needs the owner of the database, and nearly everywhere everybody may.
    const done = statements.filter((text) => !(mayConnect && text.startsWith('grant connect on')))
    await link.transaction(async (query) => {
      for (const text of done) await query(text)
    })
    return { schema, done }
  } catch (error) {
    throw await explained(error, { link, where, order })
  } finally {
    await link.end()
  }
}

const partsOf = (url: string) => {
  const { url: plain, schema = 'legwork' } = placeOfUrl(url)
  const { pathname, username } = new URL(plain)
  return { schema: quoted(schema), database: decodeURIComponent(pathname.slice(1) || username || 'postgres') }
}

async function mayConnectAs(link: Link, role: string): Promise<boolean> {
  const [row] = await link.query(
    `select has_database_privilege(oid, current_database(), 'connect')::text as answer from pg_roles where rolname = $1`,
    [role],
  )
  if (!row)
    throw new InvalidOption(
      'role',
      role,
      `a role of the server. Make it first: create role ${quoted(role, 'role', 63)} login password '…'`,
    )
  return row.answer === 'true'
}

/** Who may do what was asked. */
async function explained(
  error: unknown,
  { link, where, order }: { readonly link: Link; readonly where: string; readonly order: RightsOrder },
): Promise<unknown> {
  if (codeOf(error) !== '42501') return toStoreError(error, where)
  const owner = order.kind === 'migrator' ? undefined : await ownerOf(link, partsOf(order.url).schema)
  const who = owner ? `${owner}, who owns the schema, or a superuser` : 'a superuser'
  const text = error instanceof Error ? error.message : String(error)
  return new StoreError(
    'LW1019',
    `${where}: ${text}. Connect as ${who}, or let one run what --sql prints.`,
    {
      where,
      fix: `legwork grant --role ${order.role} --kind ${order.kind} --sql prints the statements for whoever may run them.`,
    },
    { cause: error },
  )
}

/** It would lose what it has. @throws {InvalidOption} LW1201 */
async function refuseOwner(link: Link, schema: string, { role, kind }: RightsOrder): Promise<void> {
  if ((await ownerOf(link, schema)) !== role) return
  const not = `a role that does not own schema ${schema}: its owner may do everything, and would lose that by becoming ${kind}`
  throw new InvalidOption('role', role, not)
}

async function ownerOf(link: Link, schema: string): Promise<string | undefined> {
  const [row] = await link.query(
    `select pg_get_userbyid(nspowner)::text as answer from pg_namespace where '"' || replace(nspname, '"', '""') || '"' = $1`,
    [schema],
  )
  return row?.answer ?? undefined
}

import { type Command, Option } from 'commander'
import { InvalidOption } from '../../job/errors.ts'
import type { KindOfRights } from '../../stores/postgres/rights.ts'
import { add, type Call, type Common, does } from '../command.ts'
import { type Place, placeOf, showPlace } from '../connect.ts'
import { safe } from '../safe.ts'
import type { Terminal } from '../terminal.ts'

interface Options extends Common {
  readonly role: string
  readonly kind: KindOfRights
  readonly sql?: boolean
}

/** What each kind may, in a few words; the guide has the whole. */
const may: Readonly<Record<KindOfRights, string>> = {
  producer: 'may enqueue, also from SQL and in its own transactions, and nothing else',
  worker: 'may do all that an app does, and touch no table',
  dashboard: 'may look at everything, and act on jobs, queues and schedules; neither enqueue nor run',
  migrator: 'owns the schema, or may make it: legwork migrate',
  none: 'may do nothing any more',
}

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'grant', {
    summary: 'let a role of a Postgres server be a producer, worker, dashboard or migrator',
    examples: [
      'grant --role shop_web --kind producer',
      'grant --role shop_deploy --kind migrator --sql | psql',
      'grant --role old_web --kind none',
    ],
  })
    .requiredOption('--role <name>', 'who; it must be there: create role shop_web login')
    .addOption(
      new Option('--kind <kind>', 'what it is to be; what it was before it is no more')
        .choices(Object.keys(may))
        .makeOptionMandatory(),
    )
    .option('--sql', 'print the statements and run nothing')
    .addHelpText(
      'after',
      `\n${Object.entries(may)
        .map(([kind, text]) => `  ${kind.padEnd(10)} ${text}`)
        .join('\n')}`,
    )
  does<Options>(command, (call) => grant(call, terminal))
}

async function grant({ options }: Call<Options>, terminal: Terminal): Promise<void> {
  const { role, kind, json } = options
  const place = placeOf(options)
  mustBePostgres(place)
  const { grantRights, rightsSql } = await import('../../stores/postgres/rights.ts')
  const order = { url: place.url, role, kind }
  if (options.sql) {
    const statements = rightsSql(order)
    if (json) terminal.json({ role, kind, statements })
    else terminal.out(statements.map((text) => `${text};`).join('\n'))
    return
  }
  const { schema, done } = await grantRights(order)
  if (json) terminal.json({ role, kind, schema, statements: done })
  else terminal.err(safe(`${role}, ${kind} of schema ${schema} in ${showPlace(place)}: ${may[kind]}.`))
}

/** @throws {InvalidOption} LW1201 */
function mustBePostgres(place: Place): void {
  if (/^postgres(ql)?:/i.test(place.url)) return
  const instead = /^rediss?:/i.test(place.url)
    ? 'On Redis rights are an ACL of the server: acl setuser NAME ~{PREFIX:* …, see docs/guide/redis.md'
    : 'Who may use a file says its file system: chown, chmod'
  throw new InvalidOption(
    place.from,
    showPlace(place),
    `postgres://…, for only Postgres has roles. ${instead}`,
  )
}

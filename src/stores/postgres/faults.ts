import { LegworkError, StoreError } from '../../job/errors.ts'

/** What a driver says about an error, as far as it says anything. */
interface Said {
  readonly code?: unknown
  readonly message?: unknown
  readonly hint?: unknown
  readonly errors?: readonly unknown[]
}

/** Two transactions stood in each other's way; nothing was changed and the same may be tried again. */
export const isConflict = (error: unknown): boolean => ['40001', '40P01'].includes(codeOf(error))

/** The SQLSTATE of the server, the code of the network, or the empty text. */
export function codeOf(error: unknown): string {
  const { code, errors } = (error ?? {}) as Said
  if (typeof code === 'string') return code
  // Node tries several addresses of a host and gathers what became of each.
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : ''
}

/** Classes of SQLSTATE, and codes of Node and of the drivers, that mean that nobody answers now. */
const unreachable =
  /^(08...|57P0[1-5]|53300|E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|NOTFOUND)|CONNECT(ION)?_.*)$/
const lost =
  /connection terminated|connection ended|timeout exceeded when trying to connect|client (was|has) .*closed|query read timeout|not queryable/i

/** The coded error for whatever went wrong at `where`. */
export function toStoreError(error: unknown, where: string): StoreError {
  if (error instanceof LegworkError) return error
  const text = textOf(error)
  const code = codeOf(error)
  const said = (title: Coded, message: string, fix?: string) =>
    fault(title, message, { error, code, where, fix })
  if (code === '53300')
    return said(
      'LW1017',
      `${where} takes no more connections: ${text}. Raise max_connections, lower max of each process, or put a pooler before it; calls go on by themselves.`,
    )
  if (/does not support SSL/i.test(text))
    return said(
      'LW1017',
      `${where} cannot be reached as the URL says: ${text}. Leave out sslmode, or set ssl = on there.`,
    )
  if (/client password must be|no password supplied|password authentication is required/i.test(text))
    return said(
      'LW1018',
      `${where} wants a password, and the URL has none: postgres://USER:PASSWORD@HOST/DATABASE`,
    )
  if (/timeout exceeded when trying to connect/i.test(text))
    return said(
      'LW1017',
      `no connection of the pool to ${where} came free in time: ${text}. Make the pool larger (max), or look for transactions that stay open.`,
    )
  if (code === 'ENOTFOUND') return said('LW1017', `the host of ${where} is unknown: ${text}. Check the URL.`)
  if (code === '' && /query read timeout/i.test(text))
    return said(
      'LW1017',
      `${where} gave no answer in time: ${text}. Nobody knows whether it did what was asked. Look for a server that is overloaded or gone, and for a transaction that stays open; calls go on by themselves.`,
    )
  if (unreachable.test(code) || (code === '' && lost.test(text)))
    return said(
      'LW1017',
      `${where} cannot be reached: ${text}. Check that it runs, and the host and port of its URL; calls go on by themselves when it is back.`,
    )
  switch (code) {
    case '28P01':
    case '28000':
      return said('LW1018', `${where} refused the user or the password: ${text}.`)
    case '3D000':
      return said('LW1002', `${where}: ${text}. Make it: createdb NAME`, 'createdb NAME, or correct the URL')
    case '42501':
      return said('LW1019', `${where}: ${text}. ${grantFor(text, where)}`, grantFix)
    case '25006':
      return said('LW1021', `${where} takes no writes: ${text}. Name the primary server.`)
    case '53100':
      return said(
        'LW1004',
        `${where} is full: ${text}. Nothing of this call was written. Free space, then repeat it with the same id.`,
      )
    case '57014':
      return said(
        'LW1013',
        `${where} cancelled the statement: ${text}. Raise statement_timeout for this user, or look for a long transaction.`,
      )
    case '55P03':
      return said('LW1013', `${where}: ${text}. Look for a long transaction that holds a lock.`)
    case '42883':
    case '42P01':
    case '3F000':
      return said('LW1011', `${where} lacks Legwork's schema, or a part of it: ${text}. Run: legwork migrate`)
    default:
      return said('LW1007', `${where}: ${text}`)
  }
}

type Coded = ConstructorParameters<typeof StoreError>[0]

interface About {
  readonly error: unknown
  readonly code: string
  readonly where: string
  /** What to do, where the catalogue speaks of other stores. */
  readonly fix: string | undefined
}

const fault = (code: Coded, message: string, { error, code: sqlstate, where, fix }: About): StoreError =>
  new StoreError(code, message, { where, sqlstate, ...(fix !== undefined && { fix }) }, { cause: error })

function textOf(error: unknown): string {
  const { message, errors } = (error ?? {}) as Said
  if (typeof message === 'string' && message !== '') return message.replace(/\.$/, '')
  return Array.isArray(errors) && errors.length > 0 ? textOf(errors[0]) : String(error)
}

const grantFix = 'Give the grant that the message names.'

/** What to grant, by what was denied to whom. */
function grantFor(text: string, where: string): string {
  const [, kind = 'schema', name = 'legwork'] = /permission denied for (\w+) "?([^"]+)"?/.exec(text) ?? []
  const user = /\/\/([^@/]+)@/.exec(where)?.[1]
  const role = user === undefined ? 'USER' : decodeURIComponent(user)
  if (kind === 'database')
    return `As its owner: grant create on database "${name}" to "${role}"; or let another role own the schema, and run: legwork migrate`
  const schema = kind === 'schema' ? name : 'legwork'
  return `As the owner of the schema: legwork grant --role "${role}" --kind worker (or producer, dashboard), or select ${schema}.grant_rights('worker', '${role}')`
}

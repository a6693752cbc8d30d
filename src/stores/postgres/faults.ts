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
  const said = (title: Parameters<typeof fault>[0], message: string) =>
    fault(title, message, { error, code, where })
  if (code === 'ENOTFOUND') return said('LW1017', `the host of ${where} is unknown: ${text}. Check the URL.`)
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
      return said('LW1002', `${where}: ${text}. Make it: createdb NAME`)
    case '42501':
      return said('LW1019', `${where}: ${text}. ${grantFor(text)}`)
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

const fault = (
  code: Coded,
  message: string,
  { error, code: sqlstate, where }: { error: unknown; code: string; where: string },
): StoreError => new StoreError(code, message, { where, sqlstate }, { cause: error })

function textOf(error: unknown): string {
  const { message, errors } = (error ?? {}) as Said
  if (typeof message === 'string' && message !== '') return message.replace(/\.$/, '')
  return Array.isArray(errors) && errors.length > 0 ? textOf(errors[0]) : String(error)
}

/** What to grant, by what was denied. */
function grantFor(text: string): string {
  const [, kind = 'schema', name = 'legwork'] = /permission denied for (\w+) "?([^"]+)"?/.exec(text) ?? []
  if (kind === 'database')
    return `As its owner: grant create on database ${name} to USER, or let another user run: legwork migrate`
  const schema = kind === 'schema' ? name : 'legwork'
  return `As the owner of the schema: select ${schema}.grant_rights('worker', 'USER'), or 'producer', 'dashboard'`
}

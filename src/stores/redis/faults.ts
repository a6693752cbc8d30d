import { StoreError } from '../../job/errors.ts'
import type { Code } from '../../job/catalogue.ts'

interface Known {
  readonly starts: RegExp
  readonly code: Code
  readonly says: string
  /** What to do, where the catalogue speaks of other stores. */
  readonly fix?: string
}

/** What a server answers, and what it means for whoever hears it. */
const known: readonly Known[] = [
  {
    starts: /^(OOM|.*\bOOM\b.*maxmemory|.*used memory > 'maxmemory')/,
    code: 'LW1004',
    says: 'the server is full: it has reached its maxmemory and takes no more. Raise maxmemory, or remove jobs.',
  },
  {
    starts: /^(MOVED|ASK|CROSSSLOT)/,
    code: 'LW1022',
    says: 'the server is part of a cluster, and this client does not follow it. Pass a cluster client: redis({ client: new Cluster([...]) }).',
  },
  {
    starts: /DB index is out of range/,
    code: 'LW1002',
    says: 'the server has no database of that number. Name a lower one, or raise databases in redis.conf.',
    fix: 'Name a database that the server has: redis://HOST:PORT/0',
  },
  {
    starts: /cluster support disabled/i,
    code: 'LW1022',
    says: 'the server is no cluster. Leave out ?cluster=true, or name a node of the cluster.',
  },
  {
    starts: /^(READONLY|.*read.?only replica)/i,
    code: 'LW1021',
    says: 'the server is a read-only replica. Connect to its primary, or through Sentinel.',
  },
  {
    starts: /^(NOAUTH|WRONGPASS|ERR (AUTH|invalid password))/i,
    code: 'LW1018',
    says: 'the server refused the login. Check the user and password of the URL.',
  },
  {
    starts: /^NOPERM/,
    code: 'LW1019',
    says: 'the user may not do this. Let an administrator say: acl setuser USER ~{PREFIX:* &{PREFIX:* +@read +@write +@scripting +@connection +@pubsub +info +config|get.',
    fix: 'Give the grant that the message names, with the user of the URL and the prefix of the store.',
  },
  {
    starts: /^(WRONGTYPE|.*WRONGTYPE)/,
    code: 'LW1003',
    says: 'a key under this prefix holds something else: the data of somebody else. Choose another prefix.',
    fix: 'Choose another prefix: ?prefix=NAME behind the URL, or redis({ prefix })',
  },
  {
    starts:
      /^(MISCONF|NOREPLICAS|MASTERDOWN|LOADING|BUSY|CLUSTERDOWN|TRYAGAIN|Too many Cluster redirections)/,
    code: 'LW1017',
    says: 'the server takes no calls at present.',
  },
]

const lost =
  /^(Connection is closed|Stream isn't writeable|The client is (closed|offline)|Disconnects client|Socket closed|Reached the max retries|Command timed out|connect |read |write |getaddrinfo|Connection timeout|Socket timeout|None of startup nodes|Failed to refresh slots|Command aborted|All sentinels|Cluster isn't ready)/i

/** What a script of ours could not do: the server is there, and took the call. */
const ofScript = /user_script|Error (running|compiling) script/

/** An error of the client or the server as one of ours, which says what to do. */
export function codedError(error: unknown, what: string): StoreError {
  const message = messageOf(error)
  // The clients hang the whole command on their errors: payloads that belong in no log.
  const options = { cause: new Error(message) }
  const found = known.find(({ starts }) => starts.test(message))
  if (found) {
    const details = found.fix === undefined ? {} : { fix: found.fix }
    return new StoreError(found.code, `${what}: ${found.says} It said: ${message}`, details, options)
  }
  if (isConnection(error, message))
    return new StoreError(
      'LW1017',
      `${what}: the server cannot be reached: ${message}. Check that it runs, and the host and port of its URL; calls go on by themselves when it is back.`,
      {},
      options,
    )
  return new StoreError(
    'LW1007',
    `${what} failed: ${message}`,
    ofScript.test(message) ? { answered: true } : {},
    options,
  )
}

function isConnection(error: unknown, message: string): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return (typeof code === 'string' && /^E[A-Z_]+$/.test(code)) || lost.test(message)
}

/** The message, or that of what an AggregateError is made of. */
function messageOf(error: unknown): string {
  const inner = (error as { errors?: readonly unknown[] } | null)?.errors?.[0]
  const own = error instanceof Error ? error.message : String(error)
  const last = (error as { lastNodeError?: unknown } | null)?.lastNodeError
  if (last instanceof Error) return `${own} (${last.message})`
  return own !== '' || inner === undefined ? own : messageOf(inner)
}

/** What a replica answers to whoever changes something. */
export const isReadOnly = ({ message }: Error): boolean => message.startsWith('READONLY')

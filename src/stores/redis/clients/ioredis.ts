import { isReadOnly } from '../faults.ts'
import type { Dialling, Port, Reply } from '../port.ts'

interface Prefixed {
  readonly keyPrefix?: string | undefined
}
/** The parts of an ioredis client, or of its Cluster, that are used. */
export interface IoRedis {
  readonly isCluster?: boolean
  readonly status: string
  readonly options?: Prefixed & { readonly redisOptions?: Prefixed | undefined }
  connect(): Promise<void>
  evalsha(sha: string, keys: number, ...args: string[]): Promise<unknown>
  eval(lua: string, keys: number, ...args: string[]): Promise<unknown>
  call(command: string, ...args: string[]): Promise<unknown>
  duplicate(): IoRedis
  subscribe(...channels: string[]): Promise<unknown>
  disconnect(): void
  on(event: string, hear: (...args: readonly unknown[]) => void): unknown
  listenerCount(event: string): number
}
/** What its Cluster has besides. */
interface IoRedisCluster {
  /** The nodes of each slot, the primary first, as HOST:PORT. */
  readonly slots?: readonly (readonly string[] | undefined)[]
  nodes?(role: string): readonly IoRedisNode[]
}
interface IoRedisNode {
  readonly options: { readonly host?: string; readonly port?: number }
  call(command: string, ...args: string[]): Promise<unknown>
}

export const isIoRedis = (client: unknown): client is IoRedis =>
  typeof (client as IoRedis | null)?.evalsha === 'function' &&
  typeof (client as IoRedis).status === 'string' &&
  typeof (client as IoRedis).duplicate === 'function'

/** Where the client puts something before every key: before those that it knows, hence not before all. */
export const keyPrefixOf = ({ options }: IoRedis): string =>
  options?.keyPrefix || options?.redisOptions?.keyPrefix || ''

/** What is said to a client that is made here: fail soon, come back by itself, keep no calls for long. */
const options = {
  lazyConnect: true,
  connectionName: 'legwork',
  connectTimeout: 5_000,
  // A connection that answers nothing is given up for a new one, well before a lease runs out.
  socketTimeout: 5_000,
  maxRetriesPerRequest: 1,
  retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), 500),
  // After a failover that only a name tells, the connection is one to a replica: the name is asked anew.
  reconnectOnError: isReadOnly,
}

/** A client of the package `ioredis`, or `undefined` where that is not installed. */
export async function makeIoRedis({
  url,
  cluster,
  callTimeoutMs: commandTimeout,
}: Dialling): Promise<IoRedis | undefined> {
  const found = await import('ioredis').catch(() => undefined)
  if (!found) return undefined
  if (!cluster) return new found.Redis(url, { ...options, commandTimeout }) as unknown as IoRedis
  const { hostname, port, username, password, protocol } = new URL(url)
  const login = {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  }
  const { connectTimeout, socketTimeout, retryStrategy } = options
  const redisOptions = { ...login, commandTimeout, connectTimeout, socketTimeout }
  // An address of IPv6 stands in brackets, in a URL alone.
  const seed = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 6379) }
  // What a Cluster queues while no node is there it sends however late, and nobody has an answer before.
  const how = {
    ...{ lazyConnect: true, enableOfflineQueue: false },
    ...{ clusterRetryStrategy: retryStrategy, redisOptions },
  }
  return new found.Cluster([seed], how) as unknown as IoRedis
}

interface Ear {
  lastError: unknown
  connections: number
}
/** What each client has last said, heard once however many stores are opened on it, and how often. */
const ears = new WeakMap<IoRedis, Ear>()

function earOf(client: IoRedis): Readonly<Ear> {
  const known = ears.get(client)
  if (known) return known
  const made: Ear = { lastError: undefined, connections: 0 }
  // A Cluster makes a client for each connection to a node.
  for (const event of ['ready', '+node']) client.on(event, () => void made.connections++)
  ears.set(client, made)
  client.on('error', (error) => {
    made.lastError = error
  })
  return made
}

/** The port over an ioredis client; `own` is true for one that was made here and ends with the store. */
export function ioRedisPort(client: IoRedis, own: boolean): Port {
  const heard = earOf(client)
  /** The library says how often it tried; why it failed is in the error before. */
  const said = (error: unknown): unknown =>
    error instanceof Error && error.name === 'MaxRetriesPerRequestError' && heard.lastError
      ? heard.lastError
      : error
  const sent = async (call: Promise<unknown>): Promise<Reply> => {
    try {
      // The library gives texts, numbers, null and lists of them for these commands.
      return (await call) as Reply
    } catch (error) {
      throw said(error)
    }
  }
  return {
    isCluster: client.isCluster === true,
    connections: () => heard.connections,
    async connect() {
      if (client.status !== 'wait') return
      // A Cluster whose first node is away goes on with another one, and leaves the promise of connect() as it is.
      const ready = new Promise<void>((resolve) => void client.on('ready', () => resolve()))
      try {
        await Promise.race([client.connect(), ready])
      } catch (error) {
        client.disconnect()
        throw heard.lastError ?? error
      }
    },
    evalsha: (sha, keys, args) => sent(client.evalsha(sha, keys.length, ...keys, ...args)),
    eval: (lua, keys, args) => sent(client.eval(lua, keys.length, ...keys, ...args)),
    call: (command, ...args) => sent(client.call(command, ...args)),
    callAt: (slot, command, ...args) => sent((nodeAt(client, slot) ?? client).call(command, ...args)),
    subscribe(channels, hear) {
      const ear = client.duplicate()
      ear.on('error', () => {})
      // The library says on which channel, and what.
      ear.on('message', (channel) => hear(channel as string))
      const all = () => channels.forEach(hear)
      // It comes back by itself, also where the server was away when it began. What was said meanwhile is looked for.
      ear.on('ready', () => void ear.subscribe(...channels).then(all, () => {}))
      if (ear.status === 'wait') void ear.connect().catch(() => {})
      return async () => ear.disconnect()
    },
    async close() {
      if (own) client.disconnect()
    },
  }
}

/** The connection to the primary of a slot; only of a cluster. */
function nodeAt(client: IoRedis, slot: number): IoRedisNode | undefined {
  // Its types hide the first of these two, which stands on every Cluster.
  const { slots, nodes } = client as unknown as IoRedisCluster
  const place = slots?.[slot]?.[0]
  return place === undefined
    ? undefined
    : nodes?.call(client, 'master').find(({ options: { host, port } }) => `${host}:${port}` === place)
}

import { within } from '../../../job/clock.ts'
import { realClock } from '../../../world.ts'
import type { Dialling, Port, Reply } from '../port.ts'
import { isReadOnly } from '../faults.ts'
import { keyIn } from '../slots.ts'

/** The parts of a client of `@redis/client` that are used; that of a cluster takes the first key as well. */
export interface NodeRedis {
  readonly isOpen: boolean
  readonly isReady?: boolean
  connect(): Promise<unknown>
  sendCommand(...args: readonly unknown[]): Promise<unknown>
  duplicate(): NodeRedis
  subscribe(channels: string[], hear: (message: string, channel: string) => void): Promise<unknown>
  destroy(): void
  on(event: string, hear: (...args: readonly unknown[]) => void): unknown
  /** Only of a cluster. */
  readonly masters?: readonly unknown[]
}

export const isNodeRedis = (client: unknown): client is NodeRedis =>
  typeof (client as NodeRedis | null)?.sendCommand === 'function' &&
  typeof (client as NodeRedis).isOpen === 'boolean' &&
  typeof (client as NodeRedis).duplicate === 'function'

/** A client of the package `@redis/client`, or `undefined` where that is not installed. */
export async function makeNodeRedis({ url, cluster }: Dialling): Promise<NodeRedis | undefined> {
  const found = await import('@redis/client').catch(() => undefined)
  if (!found) return undefined
  let wasReady = false
  // The first connection fails at once, so that open() can say why; later ones are tried for as long as it takes.
  const reconnectStrategy = (times: number, cause: Error) =>
    wasReady ? Math.min(50 * 2 ** Math.min(times, 10), 500) : cause
  const socket = { connectTimeout: 5_000, reconnectStrategy }
  const client = (cluster
    ? found.createCluster({ rootNodes: [{ url }], defaults: { ...ofNode(url, socket) } })
    : found.createClient({
        url,
        name: 'legwork',
        socket,
        disableOfflineQueue: true,
      })) as unknown as NodeRedis
  // That of a cluster says it when it knows its nodes; the others say so before they have logged in.
  client.on(cluster ? 'connect' : 'ready', () => {
    wasReady = true
  })
  return client
}

/** What holds for every node of a cluster: of those that are found the library knows no more than where they are. */
function ofNode<Socket>(url: string, socket: Socket) {
  const { username, password, protocol } = new URL(url)
  return {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    // A node that answers nothing, not even this, is dialled anew, and the others go on.
    ...{ disableOfflineQueue: true, pingInterval: 2_000 },
    socket: { ...socket, socketTimeout: 5_000, ...(protocol === 'rediss:' && { tls: true as const }) },
  }
}

/** How many connections each has made. Heard once, however many stores are opened on one, and how often. */
const heard = new WeakMap<NodeRedis, { connections: number }>()

function earOf(client: NodeRedis): { readonly connections: number } {
  const known = heard.get(client)
  if (known) return known
  const made = { connections: 0 }
  heard.set(client, made)
  // They throw what nobody hears.
  client.on('error', () => {})
  for (const event of ['ready', 'node-ready']) client.on(event, () => void made.connections++)
  return made
}

/** The port over a client of `@redis/client`; `timeoutMs` is given for one that was made here and ends with the store. */
export function nodeRedisPort(client: NodeRedis, timeoutMs?: number): Port {
  const ear = earOf(client)
  const isCluster = client.masters !== undefined
  let anew: Promise<unknown> | undefined
  let isClosed = false
  /** The library waits on a connection that fell silent for as long as the machine does. */
  const dialAnew = () => {
    // A turn later: what is late is told as that, and not as a connection that was ended.
    anew ??= new Promise((resolve) => setImmediate(resolve))
      .then(() => client.isOpen && client.destroy())
      .then(() => (isClosed ? undefined : client.connect()))
      .catch(() => {})
      .finally(() => (anew = undefined))
  }
  const send = async (key: string | undefined, args: readonly string[]): Promise<Reply> => {
    const sent = isCluster ? client.sendCommand(key, false, args) : client.sendCommand(args)
    const late = () => {
      if (!isCluster) dialAnew()
      return new Error(`Command timed out: no answer within ${timeoutMs} ms`)
    }
    if (timeoutMs === undefined) return (await sent) as Reply
    try {
      // The library gives texts, numbers, null and lists of them for these commands.
      return (await within(realClock, timeoutMs, { call: sent, late })) as Reply
    } catch (error) {
      if (!isCluster && isReadOnly(error as Error)) dialAnew()
      throw error
    }
  }
  return {
    isCluster,
    connections: () => ear.connections,
    async connect() {
      isClosed = false
      if (!client.isOpen) await client.connect()
    },
    evalsha: (sha, keys, args) => send(keys[0], ['EVALSHA', sha, String(keys.length), ...keys, ...args]),
    eval: (lua, keys, args) => send(keys[0], ['EVAL', lua, String(keys.length), ...keys, ...args]),
    call: (command, ...args) => send(undefined, [command, ...args]),
    callAt: (slot, command, ...args) => send(keyIn(slot), [command, ...args]),
    subscribe(channels, hear) {
      const own = client.duplicate()
      own.on('error', () => {})
      let ended = false
      void own
        .connect()
        .then(() => own.subscribe([...channels], (_message, channel) => hear(channel)))
        .catch(() => {})
        .finally(() => ended && own.isOpen && own.destroy())
      return async () => {
        ended = true
        if (own.isOpen) own.destroy()
      }
    },
    async close() {
      isClosed = true
      if (timeoutMs !== undefined && client.isOpen) client.destroy()
    },
  }
}

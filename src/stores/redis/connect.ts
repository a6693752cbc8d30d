import { InvalidOption, nearest, StoreError } from '../../job/errors.ts'
import { checkCount, checkKnown } from '../../job/name.ts'
import { type IoRedis, ioRedisPort, isIoRedis, keyPrefixOf, makeIoRedis } from './clients/ioredis.ts'
import { isNodeRedis, makeNodeRedis, type NodeRedis, nodeRedisPort } from './clients/node-redis.ts'
import { type Acknowledge, checkAcknowledge } from './acknowledge.ts'
import type { Clock } from '../../job/clock.ts'
import type { Dialling, Port } from './port.ts'
import { tagIn } from './slots.ts'

export interface RedisOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. `?prefix=shop`, `?cluster=true`, `?partitions=8`, `?spread=a,b`, `?replicas=1` and `?fsync=true` may stand behind it. */
  readonly url?: string
  /** A client of your own, of `ioredis` or `@redis/client`, also one of a Cluster or of Sentinel. It stays open at the end. */
  readonly client?: IoRedis | NodeRedis
  /** Every key begins with it; stores of different prefixes share a server. Default `legwork`. */
  readonly prefix?: string
  /** The URL names one node of a cluster. Default false. */
  readonly cluster?: boolean
  /**
   * Lays the queues out over so many partitions, each in a slot of its own, so that the nodes of a cluster share them. Fixed when the
   * store is made. Default 1.
   */
  readonly partitions?: number
  /** Queues whose jobs lie in all partitions; the others have a home in one. Fixed when the store is made. Default none. */
  readonly spread?: readonly string[]
  /** What each change waits for besides the primary's answer: copies, or a disk. Default nothing. */
  readonly acknowledge?: Acknowledge
  /** Opens even a server that would lose acknowledged jobs. Default false. */
  readonly acceptDataLoss?: boolean
  /** `never` refuses a prefix without a store instead of making one. Default `auto`. */
  readonly migrate?: 'auto' | 'never'
  /** How long a call may wait for its answer, when the store makes the client. Default 20,000 ms. */
  readonly callTimeoutMs?: number
  /** For tests. */
  readonly clock?: Clock
}

export interface Settings {
  readonly prefix: string
  readonly partitions: number
  readonly spread: readonly string[]
  /** All keys of a partition share it, and so one slot of a cluster. */
  readonly tag: string
  readonly acknowledge: Required<Acknowledge> | undefined
  readonly acceptDataLoss: boolean
  readonly migrate: 'auto' | 'never'
  readonly clock: Clock | undefined
  /** For people: without a password. */
  readonly where: string
  /** Where there is no client of the caller's own. */
  readonly dialling: Dialling | undefined
  connect(): Promise<Port>
}

const known = [
  ...['url', 'client', 'prefix', 'cluster', 'partitions', 'spread'],
  ...['acknowledge', 'acceptDataLoss', 'migrate', 'callTimeoutMs', 'clock'],
]

/** @throws {InvalidOption} LW1201 */
export function settingsOf(given: string | IoRedis | NodeRedis | RedisOptions): Settings {
  const options = toOptions(given)
  checkKnown(options, known, 'redis option')
  const { client, acceptDataLoss = false, migrate = 'auto', callTimeoutMs = 20_000, clock } = options
  checkCount(callTimeoutMs, 'callTimeoutMs', 100, 3_600_000)
  const { url, cluster, ...said } = client ? ofClient : read(options.url)
  const prefix = checkPrefix(options.prefix ?? said.prefix)
  const partitions = checkCount(options.partitions ?? said.partitions, 'partitions', 1, 128)
  const spread = checkSpread(options.spread ?? said.spread, partitions)
  if (client && options.url !== undefined)
    throw new InvalidOption('url', mask(`${options.url}`), 'either a url or a client')
  if (client && !isIoRedis(client) && !isNodeRedis(client))
    throw new InvalidOption('client', client, 'a client of ioredis or @redis/client')
  if (isIoRedis(client) && keyPrefixOf(client) !== '')
    throw new InvalidOption(
      'client',
      `an ioredis client with keyPrefix ${keyPrefixOf(client)}`,
      'one without keyPrefix: say it to the store, as prefix: NAME',
    )
  if (migrate !== 'auto' && migrate !== 'never') throw new InvalidOption('migrate', migrate, 'auto or never')
  const dialling = { url, cluster: options.cluster ?? cluster, callTimeoutMs }
  return {
    ...{ prefix, partitions, spread, tag: tagIn(prefix, 0, 1) },
    acknowledge: checkAcknowledge(options.acknowledge ?? said.acknowledge),
    acceptDataLoss,
    migrate,
    clock,
    where: client ? 'the Redis server of your client' : `the Redis server ${mask(url)}`,
    dialling: client ? undefined : dialling,
    connect: () => (client ? Promise.resolve(portOf(client)) : dial(dialling)),
  }
}

function toOptions(given: string | IoRedis | NodeRedis | RedisOptions): RedisOptions {
  if (typeof given === 'string') return { url: given }
  return isIoRedis(given) || isNodeRedis(given) ? { client: given } : given
}

/** With `timeoutMs` it was made here, and ends with the store. */
const portOf = (client: IoRedis | NodeRedis, timeoutMs?: number): Port =>
  isIoRedis(client) ? ioRedisPort(client, timeoutMs !== undefined) : nodeRedisPort(client, timeoutMs)

/** The URL without what only this store understands. */
function read(text: string | undefined) {
  const wrong = () =>
    new InvalidOption(
      'url',
      typeof text === 'string' ? mask(text) : text,
      'redis://HOST:PORT/DB or rediss://HOST:PORT/DB',
    )
  if (typeof text !== 'string') throw wrong()
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw wrong()
  }
  if (!/^rediss?:$/.test(url.protocol) || url.hostname === '') throw wrong()
  if (!/^\/?\d*$/.test(url.pathname))
    throw new InvalidOption('url', mask(text), 'the number of a database, such as redis://HOST:PORT/0')
  const { searchParams } = url
  refuseSlips([...searchParams.keys()])
  const prefix = searchParams.get('prefix') ?? 'legwork'
  const isSaid = (name: string) => yesOrNo(name, searchParams.get(name) ?? 'false')
  const cluster = isSaid('cluster')
  const partitions = Number(searchParams.get('partitions') ?? 1)
  const spread = searchParams.get('spread')?.split(',') ?? []
  const replicas = searchParams.has('replicas') && { replicas: Number(searchParams.get('replicas')) }
  const acknowledge = { ...replicas, ...(isSaid('fsync') && { fsync: true }) }
  for (const name of inUrl) searchParams.delete(name)
  return { url: url.href, prefix, cluster, partitions, spread, acknowledge }
}

function yesOrNo(name: string, text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  throw new InvalidOption('url', `?${name}=${text}`, `?${name}=true or ?${name}=false`)
}

const inUrl = ['prefix', 'cluster', 'partitions', 'spread', 'replicas', 'fsync']

/** The client has options of its own; what is nearly one of ours would put jobs elsewhere. */
function refuseSlips(names: readonly string[]): void {
  for (const name of names) {
    const near = inUrl.includes(name) ? undefined : nearest(name, inUrl)
    if (near) throw new InvalidOption('url', `?${name}=`, `?${near}=, if that is what is meant`)
  }
}

const ofClient = {
  ...{ url: '', prefix: 'legwork', cluster: false, partitions: 1, spread: [] },
  acknowledge: undefined,
}

/** Their names are looked at where they are used. */
function checkSpread(spread: unknown, partitions: number): readonly string[] {
  if (Array.isArray(spread) && (spread.length === 0 || partitions > 1)) return spread
  throw new InvalidOption('spread', spread, 'a list of names of queues, with partitions: 2 or more')
}

function checkPrefix(prefix: unknown): string {
  if (typeof prefix === 'string' && /^[A-Za-z0-9][\w.\-/:]{0,99}$/.test(prefix)) return prefix
  throw new InvalidOption('prefix', prefix, 'letters, digits and . _ - / :, at most 100 characters')
}

/** A client of whichever library is there. @throws {StoreError} LW1001 */
export async function dial(how: Dialling): Promise<Port> {
  const client = (await makeIoRedis(how)) ?? (await makeNodeRedis(how))
  if (client) return portOf(client, how.callTimeoutMs)
  throw new StoreError(
    'LW1001',
    'a Redis store needs a client library, and none is installed. Run: npm install ioredis (or @redis/client)',
  )
}

export const mask = (url: string): string => url.replace(/\/\/([^/@:]*):.*@/s, '//$1:***@')

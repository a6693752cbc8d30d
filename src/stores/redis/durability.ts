import { StoreError } from '../../job/errors.ts'
import { showBytes } from '../../job/size.ts'
import type { DurabilityReport, Finding } from '../../store/contract.ts'
import { checkVersion, findingOf } from './acknowledge.ts'
import type { Settings } from './connect.ts'
import type { Port, Reply } from './port.ts'
import { slotOf } from './slots.ts'

const oldest = 7

/** What the server says of itself; a managed one may hide a part. */
interface Server {
  readonly version: string
  readonly isPrimary: boolean
  readonly isCluster: boolean
  readonly appendOnly: boolean | undefined
  readonly fsync: string | undefined
  readonly policy: string | undefined
  readonly maxMemory: string | undefined
  /** Bytes, where the server says them; a limit of 0 is none. */
  readonly usedBytes: number
  readonly limitBytes: number
  /** That are connected. */
  readonly replicas: number
}

/**
 * Reads what the server's settings promise, and refuses one on which acknowledged jobs get lost.
 * @throws {StoreError} LW1012, LW1020, LW1021, LW1022
 */
export async function examine(port: Port, settings: Settings): Promise<DurabilityReport> {
  const server = await read(port, slotOf(settings.tag))
  const { where } = settings
  if (Number.parseInt(server.version, 10) < oldest)
    throw new StoreError('LW1020', `${where} is Redis ${server.version}; Legwork needs Redis 7 or Valkey.`)
  if (server.isCluster && !port.isCluster)
    throw new StoreError(
      'LW1022',
      `${where} is part of a cluster, and this client does not follow it. Add ?cluster=true to the URL, or pass a cluster client.`,
    )
  if (!server.isPrimary)
    throw new StoreError(
      'LW1021',
      `${where} is a read-only replica. Connect to its primary, or through Sentinel.`,
    )
  checkVersion(server.version, settings)
  if (!settings.acceptDataLoss) refuse(server, where)
  const findings = [...findingsOf(server), ...findingOf(settings, server.replicas)]
  return { level: levelOf(server, settings), findings }
}

function refuse({ appendOnly, policy, maxMemory }: Server, where: string): void {
  const fix = (lines: string) =>
    `Add to redis.conf, or set with redis-cli config set:\n${lines}\nOr pass acceptDataLoss: true.`
  if (appendOnly !== true)
    throw new StoreError(
      'LW1012',
      `${where} ${appendOnly === undefined ? 'does not say whether it keeps' : 'keeps no'} append-only file, so acknowledged jobs are lost when it dies. ${fix('  appendonly yes\n  appendfsync everysec')}`,
    )
  if (policy !== undefined && policy !== 'noeviction')
    throw new StoreError(
      'LW1012',
      `${where} may remove jobs to free memory (maxmemory ${maxMemory}, maxmemory-policy ${policy}). ${fix('  maxmemory-policy noeviction')}`,
    )
}

function levelOf(
  { appendOnly, fsync, policy }: Server,
  { acknowledge }: Settings,
): DurabilityReport['level'] {
  if (appendOnly !== true || (policy !== undefined && policy !== 'noeviction')) return 'volatile'
  return fsync === 'always' || acknowledge?.fsync ? 'power-safe' : 'process-safe'
}

/** Above this share of `maxmemory` it is told that there is little left. */
const nearlyFull = 0.85

function memoryFinding({ usedBytes, limitBytes }: Server): Finding {
  if (limitBytes === 0)
    return { about: 'memory', value: `${showBytes(usedBytes)} used, no maxmemory`, verdict: 'good' }
  const value = `${showBytes(usedBytes)} used, maxmemory ${showBytes(limitBytes)}`
  if (usedBytes >= limitBytes)
    return {
      about: 'memory',
      value,
      verdict: 'bad',
      note: 'it is full: new jobs are refused (LW1004) while workers go on. Raise maxmemory, or remove jobs',
    }
  if (usedBytes >= limitBytes * nearlyFull)
    return { about: 'memory', value, verdict: 'warn', note: 'at maxmemory new jobs are refused (LW1004)' }
  return { about: 'memory', value, verdict: 'good' }
}

function findingsOf(server: Server): readonly Finding[] {
  const { version, appendOnly, fsync, policy } = server
  return [
    { about: 'server', value: version, verdict: 'good' },
    { about: 'appendonly', value: appendOnly ? 'yes' : 'no', verdict: appendOnly ? 'good' : 'bad' },
    {
      about: 'appendfsync',
      value: fsync ?? 'unknown',
      verdict: fsync === 'always' ? 'good' : 'warn',
      ...(fsync !== 'always' && {
        note: `${fsync === 'everysec' ? 'every process of yours may end, but a kill of the server while it syncs, or a power cut, takes what it answered in the last two seconds at most' : 'a power cut may take the last seconds'}; appendfsync always takes nothing. A failover may take what its replica had not received`,
      }),
    },
    {
      about: 'maxmemory-policy',
      value: policy ?? 'unknown',
      verdict: policy === undefined ? 'warn' : policy === 'noeviction' ? 'good' : 'bad',
    },
    memoryFinding(server),
  ]
}

/** Of the server that has this slot. */
async function read(port: Port, slot: number): Promise<Server> {
  const info = fields(await port.callAt(slot, 'INFO'))
  // Managed services often hide CONFIG, and say in INFO only whether the file is on.
  const fsync = await port.callAt(slot, 'CONFIG', 'GET', 'appendfsync').catch(() => undefined)
  const aof = info.get('aof_enabled')
  return {
    version: info.get('redis_version') ?? '0',
    isPrimary: info.get('role') !== 'slave',
    isCluster: info.get('cluster_enabled') === '1',
    appendOnly: aof === undefined ? undefined : aof === '1',
    fsync: settingOf(fsync),
    policy: info.get('maxmemory_policy'),
    maxMemory: info.get('maxmemory_human'),
    usedBytes: Number(info.get('used_memory') ?? 0),
    limitBytes: Number(info.get('maxmemory') ?? 0),
    replicas: Number(info.get('connected_slaves') ?? 0),
  }
}

/** Of a list, or of the object that some clients make of it. */
function settingOf(reply: Reply): string | undefined {
  const value: unknown = Array.isArray(reply)
    ? reply[1]
    : (reply as { appendfsync?: unknown } | null)?.appendfsync
  return typeof value === 'string' ? value : undefined
}

const fields = (reply: Reply): ReadonlyMap<string, string> =>
  new Map(
    String(reply)
      .split(/\r?\n/)
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )

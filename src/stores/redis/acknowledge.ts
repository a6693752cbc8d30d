import { InvalidOption, StoreError } from '../../job/errors.ts'
import { checkCount, checkKnown } from '../../job/name.ts'
import type { Finding } from '../../store/contract.ts'
import type { Settings } from './connect.ts'
import type { Port } from './port.ts'
import { rowsOf } from './row.ts'
import { slotOf } from './slots.ts'

/** What a change waits for before it counts as done, besides the primary’s own answer. */
export interface Acknowledge {
  /** So many replicas have it in their memory. Default 0. */
  readonly replicas?: number
  /** It is synced to the disk of the primary, and of as many replicas. Needs Redis 7.2 or Valkey. Default false. */
  readonly fsync?: boolean
  /** Without that after so long, the call fails with LW1034. Default 1,000 ms, at most 4,000. */
  readonly timeoutMs?: number
}

/** @throws {InvalidOption} LW1201 */
export function checkAcknowledge(given: Acknowledge | undefined): Required<Acknowledge> | undefined {
  if (given === undefined) return undefined
  checkKnown(given, ['replicas', 'fsync', 'timeoutMs'], 'acknowledge option')
  const { replicas = 0, fsync = false, timeoutMs = 1_000 } = given
  checkCount(replicas, 'acknowledge.replicas', 0, 100)
  checkCount(timeoutMs, 'acknowledge.timeoutMs', 1, 4_000)
  if (typeof fsync !== 'boolean') throw new InvalidOption('acknowledge.fsync', fsync, 'true or false')
  return replicas === 0 && !fsync ? undefined : { replicas, fsync, timeoutMs }
}

/**
 * Waits until what this connection has written is where it is to be. The change is made all the same: who repeats it finds it.
 * @throws {StoreError} LW1034
 */
export async function confirmed(
  port: Port,
  { acknowledge, tag, where }: Settings,
  connections: number,
): Promise<void> {
  if (!acknowledge) return
  const { replicas, fsync, timeoutMs } = acknowledge
  const wait = String(timeoutMs)
  const slot = slotOf(tag)
  const reply = await (fsync
    ? port.callAt(slot, 'WAITAOF', '1', String(replicas), wait)
    : port.callAt(slot, 'WAIT', String(replicas), wait))
  // Another connection knows nothing of what was written on the one before, perhaps on another server.
  if (port.connections() !== connections)
    throw new StoreError(
      'LW1034',
      `${where} has made the change, and its connection was lost before it could be confirmed: it may be lost. Repeat the call; what is there is found, not doubled.`,
    )
  const [disk, copies] = fsync ? rowsOf(reply).map(Number) : [1, Number(reply)]
  if ((disk ?? 0) >= 1 && (copies ?? 0) >= replicas) return
  const missing = (disk ?? 0) < 1 ? 'its disk' : `${copies ?? 0} of ${replicas} replicas`
  throw new StoreError(
    'LW1034',
    `${where} has made the change, and within ${timeoutMs} ms only ${missing === 'its disk' ? 'its memory has it, not its disk' : `${missing} have it`}: it is lost if the primary dies now. Repeat the call; what is there is found, not doubled.`,
    { replicas: copies, fsync },
  )
}

/** @throws {StoreError} LW1035 */
export function checkVersion(version: string, { acknowledge, where }: Settings): void {
  if (!acknowledge?.fsync) return
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 7 || (major === 7 && minor >= 2)) return
  throw new StoreError(
    'LW1035',
    `${where} is Redis ${version}, and acknowledge: { fsync: true } needs WAITAOF, which Redis 7.2 and Valkey have. Leave it out, or set appendfsync always on the server.`,
  )
}

export function findingOf({ acknowledge }: Settings, connected: number): readonly Finding[] {
  if (!acknowledge) return []
  const { replicas, fsync } = acknowledge
  const value = [fsync && 'synced', replicas > 0 && `${replicas} replicas`].filter(Boolean).join(', ')
  const isShort = connected < replicas
  return [
    {
      about: 'acknowledge',
      value,
      verdict: isShort ? 'bad' : 'good',
      ...(isShort && { note: `${connected} are connected: every change will fail with LW1034` }),
    },
  ]
}

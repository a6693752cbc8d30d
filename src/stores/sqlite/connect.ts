import { StoreError } from '../../job/errors.ts'
import { checkCount, checkKnown } from '../../job/name.ts'
import type { DurabilityReport, Finding } from '../../store/contract.ts'
import {
  checkDurability,
  checkFileName,
  checkPath,
  fileSystemFinding,
  fileSystemOf,
  isInMemory,
} from './checks.ts'
import { type Database, driver, type Value } from './driver.ts'
import { dirname } from 'node:path'

/** What a connection needs to know; plain data, so that it can cross to the store's thread. */
export interface Settings {
  /** Absolute, or `:memory:`. */
  readonly path: string
  readonly durability: 'power-safe' | 'process-safe'
  readonly acceptDataLoss: boolean
  readonly migrate: 'auto' | 'never'
  readonly busyTimeoutMs: number
  readonly maxBytes: number | undefined
}

export interface OpenOptions {
  /** How long SQLite waits for a lock, blocking this thread. Default 5,000 ms. */
  readonly timeoutMs?: number
  /** `power-safe` (the default) or `process-safe`: what your own commits survive. */
  readonly durability?: Settings['durability']
}

/**
 * A connection of your own to the file of a store, with the driver that the store uses, to enqueue inside your transactions.
 * Your tables may live in the same file; Legwork's begin with `legwork_`.
 * @throws {StoreError} LW1001, LW1002, LW1009, LW1015 @throws {InvalidOption} LW1201
 * @example
 * const db = await openDatabase('./shop.db')
 * db.exec('begin immediate')
 * // your own statements, and app.in(db).enqueue(...)
 * db.exec('commit')
 */
export async function openDatabase(path: string, options: OpenOptions = {}): Promise<Database> {
  checkFileName(path)
  checkKnown(options, ['timeoutMs', 'durability'], 'openDatabase option')
  const { timeoutMs = 5_000, durability = 'power-safe' } = options
  checkCount(timeoutMs, 'timeoutMs', 0, 3_600_000)
  checkDurability(durability)
  checkPath(path)
  const { DatabaseSync } = await driver()
  const db = new DatabaseSync(path, { timeout: timeoutMs })
  setDurability(db, durability)
  return db
}

/** Opens the store's own connection; nothing is written yet. */
export async function openStoreFile({ path }: Settings): Promise<Database> {
  if (!isInMemory(path)) checkPath(path)
  const { DatabaseSync } = await driver()
  // No waiting inside SQLite: it sleeps in steps of up to 100 ms and would keep the thread from hearing anything.
  return new DatabaseSync(path, { timeout: 0, enableForeignKeyConstraints: false })
}

/** Sets what the store relies on. WAL is kept in the file, all else belongs to the connection; `wal.ts` moves its pages. */
export function setPragmas(db: Database, { durability, maxBytes }: Settings): void {
  setDurability(db, durability)
  db.exec(
    'pragma cache_size = -16000; pragma temp_store = memory; pragma wal_autocheckpoint = 0; pragma foreign_keys = off',
  )
  if (maxBytes !== undefined)
    db.exec(`pragma max_page_count = ${Math.max(1, Math.floor(maxBytes / Number(pragma(db, 'page_size'))))}`)
}

function setDurability(db: Database, durability: Settings['durability']): void {
  db.exec('pragma journal_mode = wal')
  db.exec(`pragma synchronous = ${durability === 'power-safe' ? 'full' : 'normal'}`)
  // On macOS fsync leaves the data in the disk's own cache.
  if (process.platform === 'darwin' && durability === 'power-safe')
    db.exec('pragma fullfsync = on; pragma checkpoint_fullfsync = on')
}

export function pragma(db: Database, name: string): Value | undefined {
  return Object.values((db.prepare(`pragma ${name}`).get() ?? {}) as Record<string, Value>)[0]
}

const synchronousNames = ['off', 'normal', 'full', 'extra']

/** What the engine promises, from settings as they were read back. */
export async function report(db: Database, settings: Settings): Promise<DurabilityReport> {
  const { name, version } = await driver()
  const journal = String(pragma(db, 'journal_mode'))
  const synchronous = synchronousNames[Number(pragma(db, 'synchronous'))] ?? 'off'
  const level = levelOf({ path: settings.path, journal, synchronous })
  const findings: Finding[] = [
    { about: 'driver', value: `${name}, SQLite ${version}`, verdict: 'good' },
    fileSystemFinding(settings.path),
    {
      about: 'journal_mode',
      value: journal,
      verdict: journal === 'wal' ? 'good' : 'warn',
      ...(journal !== 'wal' && { note: 'readers and the writer wait for each other' }),
    },
    synchronousFinding(synchronous),
    { about: 'page_size', value: String(pragma(db, 'page_size')), verdict: 'good' },
    roomFinding(db),
  ]
  if (process.platform === 'darwin')
    findings.push({
      about: 'fullfsync',
      value: String(pragma(db, 'fullfsync')),
      verdict: Number(pragma(db, 'fullfsync')) === 1 ? 'good' : 'warn',
    })
  refuseWeak(level, findings, settings)
  return { level, findings }
}

/** How much of the file is in use: what retention frees is used again, and given back only by a vacuum. */
function roomFinding(db: Database): Finding {
  const [pages, free, bytes] = ['page_count', 'freelist_count', 'page_size'].map((name) =>
    Number(pragma(db, name)),
  )
  const megabytes = (n = 0) => `${((n * (bytes ?? 0)) / 1_048_576).toFixed(1)} MB`
  const isHollow = (free ?? 0) * 2 > (pages ?? 0) && (free ?? 0) * (bytes ?? 0) > 64 * 1_048_576
  return {
    about: 'file',
    value: `${megabytes(pages)}, of it ${megabytes(free)} free to be used again`,
    verdict: isHollow ? 'warn' : 'good',
    ...(isHollow && { note: 'more than half of it is empty: vacuum gives it back to the disk' }),
  }
}

function synchronousFinding(value: string): Finding {
  if (value === 'full' || value === 'extra') return { about: 'synchronous', value, verdict: 'good' }
  const note =
    value === 'normal'
      ? 'a power cut may lose the last commits; the end of a process loses none'
      : 'a power cut may lose or corrupt the file'
  return { about: 'synchronous', value, verdict: value === 'normal' ? 'warn' : 'bad', note }
}

function levelOf({
  path,
  journal,
  synchronous,
}: {
  path: string
  journal: string
  synchronous: string
}): DurabilityReport['level'] {
  if (isInMemory(path) || journal === 'memory' || journal === 'off') return 'volatile'
  const onDisk = fileSystemOf(dirname(path)).kind !== 'memory'
  return onDisk && (synchronous === 'full' || synchronous === 'extra') ? 'power-safe' : 'process-safe'
}

function refuseWeak(
  level: DurabilityReport['level'],
  findings: readonly Finding[],
  { path, acceptDataLoss }: Settings,
): void {
  if (level !== 'volatile' || acceptDataLoss) return
  const bad = findings
    .filter((f) => f.verdict !== 'good')
    .map((f) => `${f.about} is ${f.value}`)
    .join(', ')
  throw new StoreError(
    'LW1012',
    `${path} would lose acknowledged jobs when its process dies: ${bad}. Change that, or pass acceptDataLoss: true.`,
    { path, level },
  )
}

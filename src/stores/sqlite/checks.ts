import { accessSync, constants, existsSync, mkdirSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { InvalidOption, StoreError } from '../../job/errors.ts'
import type { Finding } from '../../store/contract.ts'

export const isInMemory = (path: string): boolean => path === ':memory:'

/** Refuses what is no path, and a URL: its scheme would become part of the file's name. @throws {InvalidOption} LW1201 */
export function checkFileName(path: unknown): void {
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    throw new InvalidOption('path', path, 'the path of a database file')
  const [, scheme] = /^(sqlite|file|memory):/i.exec(path) ?? []
  if (scheme) throw new InvalidOption('path', path, `a plain path, without "${scheme}:"`)
}

/** @throws {InvalidOption} LW1201 */
export function checkDurability(durability: unknown): void {
  if (durability !== 'power-safe' && durability !== 'process-safe')
    throw new InvalidOption('durability', durability, 'power-safe or process-safe')
}

/** Refuses a path that cannot become a store, before anything is written there. @throws {StoreError} LW1002, LW1009 */
export function checkPath(path: string): void {
  const folder = dirname(path)
  try {
    makeFolder(folder)
  } catch (error) {
    throw cannotOpen(path, `its folder cannot be made: ${textOf(error)}`)
  }
  if (!statSync(folder).isDirectory()) throw cannotOpen(path, 'its folder is a file')
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.isDirectory()) throw cannotOpen(path, 'it is a directory; name a file in it')
  if (stats && !stats.isFile()) throw cannotOpen(path, 'it is not a regular file')
  checkWritable(
    path,
    folder,
    'its folder is not writable, and SQLite needs to make files beside the database',
  )
  if (stats) checkWritable(path, path, 'it is not writable')
  const { kind, name } = fileSystemOf(folder)
  if (kind === 'network') {
    throw new StoreError(
      'LW1009',
      `${path} is on a network file system (${name}), where SQLite's locks cannot be trusted. Put it on a local disk.`,
      { path, name },
    )
  }
}

/** Step by step: Node's own recursive form never returns where the system refuses with ENOENT, as /proc does. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another process may have been quicker.
    if (!existsSync(folder)) throw error
  }
}

function checkWritable(path: string, what: string, problem: string): void {
  try {
    accessSync(what, constants.W_OK)
  } catch (error) {
    throw cannotOpen(path, `${problem}: ${textOf(error)}`)
  }
}

const cannotOpen = (path: string, why: string): StoreError =>
  new StoreError('LW1002', `${path} cannot be the store: ${why}.`, { path })
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

interface FileSystem {
  readonly name: string
  readonly kind: 'local' | 'memory' | 'network' | 'unsure'
}

/** Numbers of Linux's statfs(2); other systems do not name theirs this way, and count as local. */
const fileSystems: Readonly<Record<number, FileSystem>> = {
  0x6969: { name: 'NFS', kind: 'network' },
  0x517b: { name: 'SMB', kind: 'network' },
  0xff534d42: { name: 'CIFS', kind: 'network' },
  0xfe534d42: { name: 'SMB2', kind: 'network' },
  0x01021997: { name: '9p', kind: 'network' },
  0x5346414f: { name: 'AFS', kind: 'network' },
  0x00c36400: { name: 'Ceph', kind: 'network' },
  0x65735546: { name: 'FUSE', kind: 'unsure' },
  0x01021994: { name: 'tmpfs', kind: 'memory' },
  0x858458f6: { name: 'ramfs', kind: 'memory' },
  0xef53: { name: 'ext4', kind: 'local' },
  0x58465342: { name: 'XFS', kind: 'local' },
  0x9123683e: { name: 'Btrfs', kind: 'local' },
  0x2fc12fc1: { name: 'ZFS', kind: 'local' },
  0x794c7630: { name: 'overlayfs', kind: 'local' },
}

export function fileSystemOf(folder: string): FileSystem {
  if (process.platform !== 'linux') return { name: process.platform, kind: 'local' }
  // The kernel's number is 32 bits; some versions of Node show it with a sign.
  const type = statfsSync(folder).type >>> 0
  return fileSystems[type] ?? { name: `0x${type.toString(16)}`, kind: 'local' }
}

export function fileSystemFinding(path: string): Finding {
  if (isInMemory(path))
    return {
      about: 'storage',
      value: 'memory of this process',
      verdict: 'bad',
      note: 'nothing survives the process',
    }
  const { name, kind } = fileSystemOf(dirname(path))
  const notes = {
    local: undefined,
    network: 'its locks cannot be trusted',
    memory: 'nothing survives a power cut or a restart of the machine',
    unsure: 'make sure that this is not a network file system: SQLite’s locks cannot be trusted there',
  }
  const note = notes[kind]
  return {
    about: 'file system',
    value: name,
    verdict: kind === 'local' ? 'good' : 'warn',
    ...(note && { note }),
  }
}

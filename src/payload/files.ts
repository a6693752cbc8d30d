import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import type { Duration } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'
import { checkKnown } from '../job/name.ts'
import type { Size } from '../job/size.ts'
import { type BlobPage, type Blobs, toShelf } from './blobs.ts'

/**
 * A folder as blob store, made when it is first written to. A blob is complete or not there: it is written beside its
 * place, flushed to the disk, and renamed. Several processes may share the folder. @throws {InvalidOption} LW1201
 * @example
 * const app = legwork({ blobs: files('./.legwork/blobs', { over: '64kb', max: '64mb' }) })
 */
export function files(
  folder: string,
  options: { readonly over?: Size; readonly max?: Size; readonly grace?: Duration } = {},
): Blobs {
  if (typeof folder !== 'string' || folder === '')
    throw new InvalidOption('files', folder, 'the path of a folder')
  checkKnown(options, ['over', 'max', 'grace'], 'files option')
  const root = resolve(folder)
  const pathOf = (key: string) => join(root, ...key.split('/'))
  const blobs: Blobs = {
    ...options,
    put: (key, bytes) => put(pathOf(key), bytes),
    get: (key) => unlessAbsent(readFile(pathOf(key))),
    async delete(keys) {
      for (const key of keys) await rm(pathOf(key), { force: true })
    },
    list: ({ cursor }) => list(root, cursor),
  }
  toShelf(blobs)
  return blobs
}

async function put(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const beside = `${path.slice(0, -40)}.${randomUUID()}.tmp`
  try {
    await write(beside, bytes)
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
  await flush(dirname(path))
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes the rename itself survive a power cut, where the system lets a folder be flushed. */
async function flush(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

/** One of the 256 folders a page. Files that were never finished are listed too, to be swept. */
async function list(root: string, cursor: string | undefined): Promise<BlobPage> {
  const shards = ((await unlessAbsent(readdir(root))) ?? []).filter((name) => /^[0-9a-f]{2}$/.test(name))
  const shard = shards.toSorted().find((name) => cursor === undefined || name > cursor)
  if (shard === undefined) return { blobs: [] }
  const names = await readdir(join(root, shard), { recursive: true })
  const blobs: { key: string; modifiedAt: number }[] = []
  for (const name of names) {
    const found = await unlessAbsent(stat(join(root, shard, name)))
    if (found?.isFile())
      blobs.push({ key: `${shard}/${name.replaceAll(sep, '/')}`, modifiedAt: found.mtimeMs })
  }
  return { blobs, cursor: shard }
}

async function unlessAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

import { createHash } from 'node:crypto'
import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption, LegworkError, StoreError } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'
import { type Size, toBytes } from '../job/size.ts'
import type { BlobRef } from '../job/wrapper.ts'

/**
 * Where texts go that are too large for a row: a folder with `files()`, or an object store of your own. A blob is
 * written once and never changed. Keys are made of letters, digits and `. _ - /`.
 */
export interface Blobs {
  /** Durable when it resolves. The same key may come again, with the same bytes, and counts as new then. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Undefined when there is none. */
  get(key: string): Promise<Uint8Array | undefined>
  /** A key that is not there is no error. */
  delete(keys: readonly string[]): Promise<void>
  /** Some of the blobs, in any order that stays; from `cursor` on. The last page has no cursor. */
  list(page: { readonly cursor?: string; readonly limit: number }): Promise<BlobPage>
  /** Larger texts are kept as blobs, smaller ones in their rows. Default 64 kB. */
  readonly over?: Size
  /** The largest payload or result. Default 64 MB. */
  readonly max?: Size
  /** A blob that no job refers to is deleted when it is as old as this. Default 1 day. */
  readonly grace?: Duration
}

export interface BlobPage {
  readonly blobs: readonly { readonly key: string; readonly modifiedAt: number }[]
  readonly cursor?: string
}

/** A blob store with its limits as numbers. */
export interface Shelf {
  readonly blobs: Blobs
  readonly overBytes: number
  readonly maxBytes: number
  readonly graceMs: number
}

/** More than 1 GiB would have to fit into memory several times. */
const mostBytes = 1_073_741_824

/** @throws {InvalidOption} LW1201 */
export function toShelf(blobs: Blobs): Shelf {
  const verbs = ['put', 'get', 'delete', 'list'] as const
  if (typeof blobs !== 'object' || blobs === null || verbs.some((verb) => typeof blobs[verb] !== 'function'))
    throw new InvalidOption(
      'blobs',
      blobs,
      "a blob store such as files('./.legwork/blobs'), with put, get, delete and list",
    )
  const overBytes = toBytes(blobs.over ?? '64kb', 'blobs.over', [1, 1_048_576])
  return {
    blobs,
    overBytes,
    maxBytes: toBytes(blobs.max ?? '64mb', 'blobs.max', [overBytes, mostBytes]),
    graceMs: toMs(blobs.grace ?? '1d', 'blobs.grace', 60_000),
  }
}

const hashOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** A key may become a file name, which has at most 255 characters. */
const chunkChars = 180

/** The key names its job, so that whoever sweeps knows whom to ask. */
function keyOf(id: string, sha256: string): string {
  const name = Buffer.from(id).toString('base64url')
  const chunks = name.match(new RegExp(`.{1,${chunkChars}}`, 'g')) ?? []
  return `${hashOf(id).slice(0, 2)}/${chunks.join('/')}.${sha256}`
}

/** The id of the job that a blob was written for; undefined for a key that is not ours. */
export function ownerOf(key: string): string | undefined {
  const match = /^[0-9a-f]{2}\/([\w\-/]+)\.[0-9a-f]{64}$/.exec(key)
  const id = match && Buffer.from((match[1] as string).replaceAll('/', ''), 'base64url').toString('utf8')
  return id !== null && id !== undefined && key.startsWith(`${hashOf(id).slice(0, 2)}/`) ? id : undefined
}

/** Keeps a text for a job. @throws {StoreError} LW1603 */
export async function putBlob({ blobs }: Shelf, id: string, text: string): Promise<BlobRef> {
  const bytes = Buffer.from(text)
  const sha256 = hashOf(bytes)
  const key = keyOf(id, sha256)
  try {
    await blobs.put(key, bytes)
  } catch (error) {
    throw failed(`the blob store could not keep ${bytes.length} bytes of job ${id}`, error)
  }
  return { key, bytes: bytes.length, sha256 }
}

/** @throws {StoreError} LW1603 when it cannot be read now. @throws {LegworkError} LW2603 when it is gone or damaged. */
export async function getBlob(shelf: Shelf | undefined, id: string, ref: BlobRef): Promise<string> {
  if (!shelf)
    throw failed(
      `job ${id} refers to blob ${ref.key}, and this app has no blob store; give it the producer’s`,
    )
  const found = await shelf.blobs.get(ref.key).catch((error: unknown) => {
    throw failed(`the blob store could not read blob ${ref.key} of job ${id}`, error)
  })
  if (found && found.length === ref.bytes && hashOf(found) === ref.sha256)
    return Buffer.from(found).toString('utf8')
  const what = found ? `damaged: ${found.length} of ${ref.bytes} bytes, or other ones` : 'missing'
  throw new LegworkError('LW2603', `blob ${ref.key} of job ${id} is ${what}.`, { id, blob: ref.key })
}

function failed(text: string, cause?: unknown): StoreError {
  if (cause === undefined) return new StoreError('LW1603', `${text}.`)
  const { name, message } = toErrorInfo(cause)
  return new StoreError('LW1603', `${text}: ${name}: ${message}.`, {}, { cause })
}

import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { LegworkError, StoreError } from '../../job/errors.ts'

/** SQLite's primary result codes that mean something to us (sqlite.org/rescode.html). */
const codes = {
  perm: 3,
  busy: 5,
  locked: 6,
  nomem: 7,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  toobig: 18,
  mismatch: 20,
  range: 25,
  notadb: 26,
} as const

/** SQLITE_CONSTRAINT_DATATYPE: a value of a type that a strict table does not take. */
const wrongType = 3_091
const aboutValues: ReadonlySet<number> = new Set([codes.toobig, codes.mismatch, codes.range])

/** The primary code of an error that SQLite raised; `undefined` for any other error. */
function codeOf(error: unknown): number | undefined {
  const number = (error as { errcode?: unknown } | undefined)?.errcode
  return typeof number === 'number' ? number & 0xff : undefined
}

/** Another connection holds the lock just now; nothing was changed and the same may be tried again. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error)
  return code === codes.busy || code === codes.locked
}

/** The transaction read an old state of the file, and so can never write: SQLITE_BUSY_SNAPSHOT. */
export const isStale = (error: unknown): boolean =>
  (error as { errcode?: unknown } | undefined)?.errcode === 517

/**
 * True for an error that is about the values of one call, not about the file or the disk, and not a mistake of ours:
 * what SQLite says of a value, and what the driver says of one that it cannot bind.
 */
export function isAboutValues(error: unknown): boolean {
  const code = codeOf(error)
  if (code !== undefined) return aboutValues.has(code) || (error as { errcode: number }).errcode === wrongType
  const text = error instanceof Error && !(error instanceof LegworkError) ? error.message : ''
  return /cannot be bound|too large to bind|malformed JSON/.test(text)
}

/** The coded error for whatever went wrong at the file `path`. */
export function toStoreError(error: unknown, path: string): StoreError {
  if (error instanceof LegworkError) return error
  const cause = { cause: error }
  const text = error instanceof Error ? error.message : String(error)
  const details = { path, sqlite: (error as { errcode?: unknown } | undefined)?.errcode }
  switch (codeOf(error)) {
    case codes.full:
      return new StoreError(
        'LW1004',
        `${path} is full: ${text}. Nothing of this call was written. Free space, then repeat it with the same id.`,
        details,
        cause,
      )
    case codes.ioerr:
      return ioError(text, details, cause)
    case codes.corrupt:
    case codes.notadb:
      return new StoreError(
        'LW1003',
        `${path} is not a usable SQLite database: ${text}. Restore a backup, or name another file.`,
        details,
        cause,
      )
    case codes.perm:
    case codes.readonly:
    case codes.cantopen:
      return new StoreError(
        'LW1002',
        `${path} cannot be opened for writing: ${text}. Check the path and its rights.`,
        details,
        cause,
      )
    case codes.busy:
    case codes.locked:
      return busyError(path)
    default:
      return new StoreError('LW1007', `${path}: ${text}`, details, cause)
  }
}

/** SQLite reports a full disk as a plain I/O error where it could not grow or sync a file. */
function ioError(text: string, details: { path: string }, cause: ErrorOptions): StoreError {
  if (freeBytes(details.path) < 65_536) {
    return new StoreError(
      'LW1004',
      `${details.path}: the disk is full (${text}). Nothing of this call was written. Free space, then repeat it with the same id.`,
      details,
      cause,
    )
  }
  return new StoreError('LW1007', `${details.path}: ${text}`, details, cause)
}

function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(path))
    return bavail * bsize
  } catch {
    return Infinity
  }
}

export const busyError = (path: string): StoreError =>
  new StoreError(
    'LW1013',
    `${path}: another process kept the write lock for too long. Look for a long transaction in another process that uses this file.`,
    { path },
  )

/** An error as plain data, to cross to the other thread. */
export interface Fault {
  readonly code: StoreError['code']
  readonly text: string
  readonly details: Readonly<Record<string, unknown>>
}

export const toFault = (error: unknown, path: string): Fault => {
  const { code, message, details } = toStoreError(error, path)
  return { code, text: message.slice(code.length + 1), details }
}

export const fromFault = ({ code, text, details }: Fault): StoreError =>
  new StoreError(code, text, { ...details })

// A visitor's own input in the place of the demo's: photographs from a folder, people from a CSV file.
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { shrink } from './make-thumbnail.ts'
import { mostPeople, type Person } from './people.ts'

/** What was given cannot be used; the message says why, and what would do. */
export class BadInput extends Error {}

/** More would make the demo longer, not better. */
export const mostPhotos = 60
const isPhoto = (name: string): boolean => /\.(jpe?g|png|webp|gif|avif|tiff?)$/i.test(name)

export interface OwnInput<T> {
  readonly found: readonly T[]
  /** What was left out, as words for a person; empty where nothing was. */
  readonly without: string
}

/** Photographs of a folder that can be decoded. @throws {BadInput} */
export async function ownPhotos(folder: string): Promise<OwnInput<string>> {
  const path = resolve(folder)
  const names = (await readable(path, () => readdir(path))).filter(isPhoto).sort()
  if (names.length === 0)
    throw new BadInput(`${path}: there is no photograph in it (.jpg, .png, .webp, .gif, .avif, .tiff)`)
  const tried = names.slice(0, mostPhotos).map((name) => join(path, name))
  const found: string[] = []
  for (const photo of tried) if (await decodes(photo)) found.push(photo)
  if (found.length === 0)
    throw new BadInput(`${path}: none of its ${tried.length} photographs can be decoded`)
  return { found, without: leftOut(names.length, found.length, 'photographs') }
}

/** People of a CSV file with the columns name and email. @throws {BadInput} */
export async function ownPeople(file: string): Promise<OwnInput<Person>> {
  const path = resolve(file)
  const text = await readable(path, () => readFile(path, 'utf8'))
  const rows = rowsOf(path, text)
  const columns = Object.keys(rows[0] ?? {})
  const missing = ['name', 'email'].filter((column) => !columns.includes(column))
  if (rows.length === 0) throw new BadInput(`${path}: there is no row beneath a header of name,email`)
  if (missing.length > 0)
    throw new BadInput(
      `${path}: there is no column ${missing.join(' and no column ')}; it has ${columns.join(', ')}`,
    )
  const found = new Map<string, Person>()
  for (const { name = '', email = '' } of rows)
    if (name !== '' && found.size < mostPeople && z.email().safeParse(email).success)
      found.set(email.toLowerCase(), { name, email: email.toLowerCase() })
  if (found.size === 0)
    throw new BadInput(`${path}: no row has a name and an address such as ada@example.com`)
  return { found: [...found.values()], without: leftOut(rows.length, found.size, 'rows') }
}

type Row = Readonly<Record<string, string | undefined>>

function rowsOf(path: string, text: string): readonly Row[] {
  try {
    return parse(text, {
      bom: true,
      columns: (titles: readonly string[]) => titles.map((title) => title.trim().toLowerCase()),
      delimiter: [',', ';', '\t'],
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as readonly Row[]
  } catch (error) {
    throw new BadInput(`${path}: ${messageOf(error)}`)
  }
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw new BadInput(`${path}: ${messageOf(error)}`)
  }
}

async function decodes(photo: string): Promise<boolean> {
  try {
    await shrink(photo).toBuffer()
    return true
  } catch {
    return false
  }
}

const leftOut = (given: number, taken: number, what: string): string =>
  given === taken ? '' : `${given - taken} of ${given} ${what} left out`

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

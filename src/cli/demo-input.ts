import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { messageOf } from './exit.ts'
import { unusable } from './manifest.ts'

/** A person's own input for the demo; what is not given is made up. */
export interface DemoInput {
  /** Names of people to greet. */
  readonly names?: readonly string[]
  /** Paths of photographs to measure. */
  readonly photos?: readonly string[]
}

/** More than anybody watches. */
const most = 200
const endings = ['jpg', 'jpeg', 'png', 'gif', 'webp']
const isPhoto = (name: string): boolean => new RegExp(`\\.(${endings.join('|')})$`, 'i').test(name)

/** Reads what was given, before anything begins. @throws {LegworkError} LW1302. */
export function readInput({ csv, images }: { readonly csv?: string; readonly images?: string }): DemoInput {
  return {
    ...(csv !== undefined && { names: namesIn(resolve(csv)) }),
    ...(images !== undefined && { photos: photosIn(resolve(images)) }),
  }
}

function photosIn(folder: string): readonly string[] {
  const fix = `Name a folder with files that end in ${endings.map((ending) => `.${ending}`).join(', ')}.`
  const names = attempt(folder, () => readdirSync(folder), fix)
    .filter(isPhoto)
    .sort()
  if (names.length > 0) return names.slice(0, most).map((name) => join(folder, name))
  throw unusable(folder, 'there is no photograph in it', fix)
}

function namesIn(path: string): readonly string[] {
  const fix = 'Name a CSV file whose first line names its columns, one of them name.'
  const text = attempt(path, () => readFileSync(path, 'utf8'), fix)
  if (text.includes('\0')) throw unusable(path, 'it is no text', fix)
  const [header = [], ...rows] = rowsOf(text)
  const titles = header.map((title) => title.trim())
  const column = titles.findIndex((title) => title.toLowerCase() === 'name')
  if (column < 0)
    throw unusable(path, `it has no column name (it has ${titles.filter(Boolean).join(', ') || 'none'})`, fix)
  const names = rows.map((row) => row[column]?.trim() ?? '').filter(Boolean)
  if (names.length > 0) return names.slice(0, most)
  throw unusable(path, `there is no name beneath its header in ${basename(path)}`, fix)
}

function attempt<T>(path: string, read: () => T, fix: string): T {
  try {
    return read()
  } catch (error) {
    throw unusable(path, messageOf(error), fix)
  }
}

/** Rows of a CSV text, after RFC 4180; the separator is the one that the first line has most of: comma, semicolon or tab. */
export function rowsOf(text: string): string[][] {
  const plain = text.replace(/^\uFEFF/, '')
  const [first = ''] = plain.split(/\r?\n/, 1)
  const count = (separator: string): number => first.split(separator).length
  const [separator = ','] = [',', ';', '\t'].sort((a, b) => count(b) - count(a))
  const rows: string[][] = [[]]
  const cells = plain.matchAll(
    new RegExp(`(?:"((?:[^"]|"")*)"|([^"${separator}\\r\\n]*))(${separator}|\\r?\\n|$)`, 'g'),
  )
  for (const [whole, quoted, bare = '', end] of cells) {
    rows.at(-1)?.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'))
    if (end !== separator && whole !== '' && end !== '') rows.push([])
    if (end === '') break
  }
  return rows.filter((row) => row.some((cell) => cell !== ''))
}

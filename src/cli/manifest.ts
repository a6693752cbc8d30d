import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { LegworkError } from '../job/errors.ts'
import { messageOf } from './exit.ts'

/** A package.json as it is, and as it is to be. */
export interface Manifest {
  readonly path: string
  readonly isThere: boolean
  /** Modules of the package are ES modules, or can be made so because there is nothing else in it yet. */
  readonly isModule: boolean
  readonly packages: Readonly<Record<string, string>>
  /** The new text with what is wanted added, the names of what was added, and what was in the way. */
  complete(want: Wanted): {
    readonly text: string
    readonly added: readonly string[]
    readonly left: readonly string[]
  }
}

export interface Wanted {
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
}

type Fields = Readonly<Record<string, unknown>>

/** Reads the package.json of a folder, which may be missing. @throws {LegworkError} LW1302 when it is not JSON. */
export function readManifest(folder: string): Manifest {
  const path = join(folder, 'package.json')
  const isThere = existsSync(path)
  const text = isThere ? read(path) : ''
  const fields = isThere ? parse(path, text) : {}
  const isBare = Object.keys(fields).every((key) => bare.has(key))
  const kept = { ...record(fields['devDependencies']), ...record(fields['dependencies']) }
  return {
    path,
    isThere,
    isModule: fields['type'] === 'module' || isBare,
    packages: kept,
    complete(want) {
      const { next, added, left } = merge(fields, want, isBare)
      const named = isThere ? next : { ...nameFor(folder), private: true, ...next }
      const isSame = isThere && added.length === 0
      return { text: isSame ? text : print(named, text), added, left }
    },
  }
}

/** The fields of a package that nobody has written by hand yet: `npm install` in an empty folder makes no others. */
const bare = new Set(['name', 'private', 'dependencies', 'devDependencies'])

function merge(fields: Fields, want: Wanted, isBare: boolean) {
  const scripts: Record<string, string> = { ...record(fields['scripts']) }
  const added: string[] = []
  const left: string[] = []
  for (const [name, line] of Object.entries(want.scripts)) {
    const free = [name, `jobs:${name}`].find((one) => scripts[one] === undefined || scripts[one] === line)
    if (free === undefined) left.push(`script ${name}`)
    else if (scripts[free] !== line) {
      scripts[free] = line
      added.push(`script ${free}`)
    }
  }
  const dependencies = { ...record(fields['dependencies']) }
  const known = { ...record(fields['devDependencies']), ...dependencies }
  for (const [name, range] of Object.entries(want.dependencies)) {
    if (known[name] !== undefined) continue
    dependencies[name] = range
    added.push(name)
  }
  const type = isBare ? { type: 'module' } : {}
  if (isBare) added.push('type module')
  const { dependencies: _, scripts: _scripts, ...rest } = fields
  const next = {
    ...rest,
    ...type,
    scripts,
    ...(Object.keys(dependencies).length > 0 && { dependencies: sorted(dependencies) }),
  }
  return { next, added, left }
}

const sorted = (fields: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))

/** As the file was indented before, two spaces where it is new. */
function print(fields: Fields, before: string): string {
  const indent = /^\{\r?\n([ \t]+)"/.exec(before)?.[1] ?? '  '
  const eol = before.includes('\r\n') ? '\r\n' : '\n'
  return `${JSON.stringify(fields, undefined, indent)}\n`.replaceAll('\n', eol)
}

/** A name that npm takes, made of the folder's. */
function nameFor(folder: string): { readonly name?: string } {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._~-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
    .slice(0, 214)
  // A package that is called as what it depends on cannot install it.
  return name === '' || name === 'legwork' ? {} : { name }
}

const record = (value: unknown): Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, string>) : {}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    throw unusable(path, messageOf(error))
  }
}

function parse(path: string, text: string): Fields {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  } catch (error) {
    throw unusable(path, `it is not JSON (${messageOf(error)})`, `Repair ${path}, then run this again.`)
  }
  throw unusable(path, 'it holds no JSON object', `Repair ${path}, then run this again.`)
}

/** A file or folder that a command was to use, and cannot. */
export const unusable = (path: string, why: string, fix?: string): LegworkError =>
  new LegworkError('LW1302', `${path} cannot be used: ${why}.`, { path, ...(fix && { fix }) })

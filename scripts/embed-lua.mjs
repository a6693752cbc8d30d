// Turns a store's lua/*.lua (one script a file) and lua/shared/*.lua (snippets that scripts use) into one module.
// They are put together when a script is first sent, for all of them in full would be ten times as long.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const camel = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())
const wordsOf = (text, mark) =>
  (new RegExp(`^--@ ${mark}(.*)$`, 'm').exec(text)?.[1] ?? '').trim().split(' ').filter(Boolean)

/** What the file says, without comments and indentation; functions apart, so that a script has only those that it calls. */
function partOf(path) {
  const text = readFileSync(path, 'utf8')
  if (!/^-- \S/.test(text)) throw new Error(`${path}: starts with a sentence that says what it does`)
  const lua = text.replace(/^[ \t]*--.*\n/gm, '')
  // A function begins and ends at the left margin.
  const units = lua
    .split(/^(?=local function \w+\(|\w+ = function\()|(?<=^end\n)/m)
    .filter((unit) => unit.trim() !== '')
    .map((unit) => [functionOf(unit), unit.replace(/^[ \t]+/gm, '').replace(/\n+/g, '\n')])
  return { flags: wordsOf(text, 'flags'), uses: wordsOf(text, 'use').map(camel), units }
}

/** The function that a unit is, or the empty text. */
function functionOf(unit) {
  const [, name = '', assigned = ''] = /^(?:local function (\w+)\(|(\w+) = function\()/.exec(unit) ?? []
  return name || assigned
}

const filesOf = (folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.lua'))
    .sort()

const rows = (folder) =>
  filesOf(folder).map(
    (file) => `  ${camel(basename(file, '.lua'))}: ${JSON.stringify(partOf(join(folder, file)))},`,
  )

export function luaModule(store) {
  const folder = join(store, 'lua')
  return [
    '// Generated from lua/ by scripts/embed.mjs. Change that, then run it again.',
    'export interface Part {',
    '  readonly flags: readonly string[]',
    '  readonly uses: readonly string[]',
    '  /** The name of a function, or the empty text, and its lines. */',
    '  readonly units: readonly (readonly [name: string, lua: string])[]',
    '}',
    '',
    'export const snippets: Readonly<Record<string, Part>> = {',
    ...rows(join(folder, 'shared')),
    '}',
    '',
    'export type ScriptName =',
    ...filesOf(folder).map((file) => `  | '${camel(basename(file, '.lua'))}'`),
    '',
    'export const scripts: Readonly<Record<ScriptName, Part>> = {',
    ...rows(folder),
    '}',
    '',
  ].join('\n')
}

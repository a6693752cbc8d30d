// Turns each store's sql/*.sql (one statement a file) and schema/NNNN-name.sql into src/stores/<store>/sql.generated.ts, and lua/ into lua.generated.ts,
// for files that are read at run time break bundlers. With --check it only says whether the modules are fresh.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { luaModule } from './embed-lua.mjs'

const stores = fileURLToPath(new URL('../src/stores/', import.meta.url))
const check = process.argv.includes('--check')
const camel = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())
const filesOf = (folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()

/** The statement without its header of comments. */
function statement(path) {
  const text = readFileSync(path, 'utf8')
  if (!/^-- \S/.test(text)) throw new Error(`${path}: starts with a sentence that says what it does`)
  return text.replace(/^(--.*\n)+/, '').trim()
}

function moduleOf(store) {
  const folder = join(stores, store)
  const names = filesOf(join(folder, 'sql')).map((file) => camel(basename(file, '.sql')))
  const statements = filesOf(join(folder, 'sql')).map(
    (file, i) => `  ${names[i]}: ${JSON.stringify(statement(join(folder, 'sql', file)))},`,
  )
  const steps = filesOf(join(folder, 'schema')).map((file, i) => {
    const [, number, name] = /^(\d{4})-([\w-]+)\.sql$/.exec(file) ?? []
    if (Number(number) !== i + 1) throw new Error(`${store}/schema/${file}: expected number ${i + 1}`)
    const sql = JSON.stringify(readFileSync(join(folder, 'schema', file), 'utf8').trim())
    return `  { version: ${i + 1}, name: '${name}', sql: ${sql} },`
  })
  return [
    '// Generated from sql/ and schema/ by scripts/embed.mjs. Change those, then run it again.',
    'export type SqlName =',
    ...names.map((name) => `  | '${name}'`),
    '',
    // Named types, for the declaration file would hold every statement once more.
    'export const sql: Readonly<Record<SqlName, string>> = {',
    ...statements,
    '}',
    '',
    'export const schema: readonly { readonly version: number; readonly name: string; readonly sql: string }[] = [',
    ...steps,
    ']',
    '',
  ].join('\n')
}

/** What is generated for each store: a module of its SQL, or of its scripts. */
const kinds = [
  { folder: 'sql', file: 'sql.generated.ts', moduleOf },
  { folder: 'lua', file: 'lua.generated.ts', moduleOf: (store) => luaModule(join(stores, store)) },
]

let stale = 0
for (const { folder, file, moduleOf: make } of kinds)
  for (const store of readdirSync(stores).filter((name) => existsSync(join(stores, name, folder)))) {
    const path = join(stores, store, file)
    const text = make(store)
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
    if (!check) writeFileSync(path, text)
    else stale += 1
    console.log(`${check ? 'stale' : 'written'}: src/stores/${store}/${file}`)
  }
if (stale > 0) process.exit(1)

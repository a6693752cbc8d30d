// Types are a promise, too: what must compile compiles, what must not does not, and a large program stays quick.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve('.')
const sources = readdirSync('test/types').filter((name) => name.endsWith('.ts'))
let folder: string

beforeAll(() => {
  // A folder of its own, so that copies can be changed; the package is found as in any project that has installed it.
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'legwork-types-')))
  for (const name of sources) cpSync(join('test/types', name), join(folder, name))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Compiled {
  /** `file:line`, with the text of the error. */
  readonly errors: ReadonlyMap<string, string>
  readonly seconds: number
}

function compile(...files: string[]): Compiled {
  const paths = Object.fromEntries(
    ['', '/testing', '/sqlite'].map((door) => [`legwork${door}`, [join(root, 'dist', doorOf(door))]]),
  )
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ['node'],
    paths,
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const startedAt = performance.now()
  const { stdout, error } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'],
    { cwd: folder, encoding: 'utf8', timeout: 60_000 },
  )
  if (error) throw error
  const seconds = (performance.now() - startedAt) / 1_000
  const errors = new Map<string, string>()
  for (const line of stdout.split('\n')) {
    const [, file, at, text] = /^([^(]+)\((\d+),\d+\): (.*)$/.exec(line) ?? []
    if (file !== undefined) errors.set(`${file}:${at}`, text ?? '')
    else if (line.startsWith('error')) errors.set('program', line)
  }
  return { errors, seconds }
}

const doorOf = (door: string): string =>
  door === '' ? 'index.d.ts' : door === '/sqlite' ? 'stores/sqlite/index.d.ts' : `${door.slice(1)}/index.d.ts`

test('everything that should compile does, and nothing else', () => {
  const { errors } = compile(...sources)
  expect(Object.fromEntries(errors)).toEqual({})
})

test('each expected error is one of its own line, and says something a person can use', () => {
  // Without the directives every one of them must show up, and nothing besides.
  const expected: string[] = []
  for (const name of sources) {
    const lines = readFileSync(join('test/types', name), 'utf8').split('\n')
    lines.forEach((line, i) => line.includes('@ts-expect-error ') && expected.push(`bare-${name}:${i + 2}`))
    writeFileSync(
      join(folder, `bare-${name}`),
      lines.map((line) => line.replace('@ts-expect-error ', '')).join('\n'),
    )
  }
  const { errors } = compile(...sources.map((name) => `bare-${name}`))
  expect(expected.length).toBeGreaterThan(50)
  expect([...errors.keys()].toSorted()).toEqual(expected.toSorted())
  for (const [place, text] of errors) expect(text.length, `${place}: ${text}`).toBeLessThan(1_000)
  const said = [...errors.values()].join('\n')
  expect(said).toMatch(/Property 'template' is missing/)
  expect(said).toMatch(/'"5 parsecs"' is not assignable to type 'Duration/)
  expect(said).toMatch(/Did you mean to write 'timeout'\?|'timout' does not exist/)
})

test('a hundred tasks with handlers and producers are checked in a few seconds', () => {
  const parts = Array.from(
    { length: 100 },
    (_, i) => `
export const t${i} = task('t${i}', {
  input: z.object({ a${i}: z.string(), n: z.number().default(1), kind: z.enum(['x', 'y']), list: z.array(z.object({ id: z.string() })) }),
  output: z.object({ r${i}: z.string() }),
  retry: { attempts: 3, backoff: exponential() },
  timeout: '30s',
})
app.handle(t${i}, ({ input }) => ({ r${i}: input.a${i} + input.n }))
export const r${i}: string = (await (await app.enqueue(t${i}, { a${i}: 'x', kind: 'x', list: [] })).result()).r${i}
`,
  )
  writeFileSync(
    join(folder, 'many.ts'),
    `import { exponential, legwork, task } from 'legwork'\nimport { z } from 'zod'\nconst app = legwork('memory:')\n${parts.join('')}`,
  )
  const { errors, seconds } = compile('many.ts')
  expect(Object.fromEntries(errors)).toEqual({})
  expect(seconds).toBeLessThan(15)
})

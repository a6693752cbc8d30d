// The package as a stranger gets it: packed, installed into an empty folder without install scripts, and used.
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve('.')
const fiveLines = `import { legwork, task } from 'legwork'
import { z } from 'zod'

const hello = task('hello', { input: z.object({ name: z.string() }), output: z.string() })
const app = legwork()
app.handle(hello, ({ input }) => \`Hello \${input.name}\`)
await app.start()
console.log(await app.run(hello, { name: 'Ada' }))
await app.stop()
`
/** The README's own words, where it is there. */
const firstProgram = (): string => {
  const readme = existsSync('README.md') ? readFileSync('README.md', 'utf8') : ''
  return /```ts first program\n([\s\S]*?)```/.exec(readme)?.[1] ?? fiveLines
}
interface Manifest {
  readonly version: string
  readonly type: string
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly bin: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
}
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
const doors = Object.keys(manifest.exports).filter((door) => !door.endsWith('.json'))
const nameOf = (door: string) => `legwork${door.slice(1)}`

let folder: string
let project: string
let tarball: string
let packed: readonly { readonly path: string; readonly size: number }[]

function run(command: string, args: readonly string[], cwd = project) {
  const env = { ...process.env, LEGWORK_URL: '', NODE_OPTIONS: '' }
  return spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: 120_000,
    env,
    shell: process.platform === 'win32',
  })
}
const node = (...args: string[]) => run(process.execPath, args)

function must(command: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr, error } = run(command, args, cwd)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error ?? ''} ${stdout} ${stderr}`)
  return stdout
}

const install = (cwd: string, ...names: string[]) =>
  must(
    'npm',
    [
      'install',
      ...names,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      '--loglevel=error',
    ],
    cwd,
  )

function emptyProject(name: string): string {
  const path = join(folder, name)
  mkdirSync(path)
  writeFileSync(join(path, 'package.json'), '{"private":true}')
  return path
}

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'legwork-package-')))
  const [answer] = JSON.parse(
    must('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root),
  ) as { filename: string; files: typeof packed }[]
  tarball = join(folder, answer?.filename ?? '')
  packed = answer?.files ?? []
  project = emptyProject('project')
  install(project, tarball, '@photostructure/sqlite', 'zod')
}, 180_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the tarball holds what is built and the documents, nothing else', () => {
  const paths = packed.map(({ path }) => path)
  expect(
    paths.filter(
      (path) =>
        !/^(dist\/\.built|dist\/.*\.(js|d\.ts)|package\.json|LICENSE|README\.md|CHANGELOG\.md)$/.test(path),
    ),
  ).toEqual([])
  expect(paths.filter((path) => /\.test\.|fixtures|(^|\/)test\//.test(path))).toEqual([])
  expect(paths).toEqual(
    expect.arrayContaining([
      'package.json',
      'LICENSE',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/cli/main.js',
    ]),
  )
  for (const document of ['README.md', 'CHANGELOG.md'])
    if (existsSync(document)) expect(paths).toContain(document)
  expect(
    packed.reduce((sum, { size }) => sum + size, 0),
    'bytes unpacked',
  ).toBeLessThan(3_000_000)
})

test('the package runs nothing when it is installed', () => {
  expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual(
    [],
  )
})

test('the first program prints Hello Ada and ends by itself', () => {
  writeFileSync(join(project, 'hello.mjs'), firstProgram())
  const { status, stdout, stderr } = node('hello.mjs')
  expect(stderr).toBe('')
  expect(stdout).toBe('Hello Ada\n')
  expect(status).toBe(0)
  expect(readdirSync(join(project, '.legwork'))).toContain('jobs.db')
  // It may be run again, on the store that is there now.
  expect(node('hello.mjs')).toMatchObject({ status: 0, stdout: 'Hello Ada\n' })
})

test('at most 30 packages are installed', () => {
  const lock = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8')) as {
    packages: object
  }
  const packages = Object.keys(lock.packages)
  expect(packages).toContain('node_modules/legwork')
  expect(packages.length, packages.join(' ')).toBeLessThanOrEqual(30)
})

test('every door opens, and has its types', () => {
  expect(manifest.type).toBe('module')
  for (const door of doors) {
    const entry = manifest.exports[door] as Readonly<Record<string, string>>
    // Node and TypeScript take the first condition that fits, so types come first and the default last.
    expect(Object.keys(entry), door).toEqual(['types', 'default'])
    for (const path of Object.values(entry))
      expect(existsSync(join(project, 'node_modules/legwork', path)), path).toBe(true)
  }
  const lines = doors.map(
    (door, i) =>
      `import * as m${i} from '${nameOf(door)}'; console.log('${nameOf(door)}', Object.keys(m${i}).length)`,
  )
  writeFileSync(join(project, 'doors.mjs'), lines.join('\n'))
  const { status, stdout, stderr } = node('doors.mjs')
  expect(stderr).toBe('')
  expect(status).toBe(0)
  // `legwork/store` holds types and the fault injector only.
  for (const door of doors)
    expect(Number(new RegExp(`^${nameOf(door)} (\\d+)$`, 'm').exec(stdout)?.[1]), door).toBeGreaterThan(0)
  expect(
    node(
      '-e',
      "import('legwork/dist/app.js').then(() => process.exit(1), (e) => process.exit(e.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED' ? 0 : 2))",
    ).status,
  ).toBe(0)
})

test('a project in TypeScript sees the types, checked down to the declaration files', () => {
  const lines = doors.map((door, i) => `import * as m${i} from '${nameOf(door)}'\nvoid m${i}`)
  writeFileSync(join(project, 'use.mts'), `${lines.join('\n')}\n${firstProgram()}`)
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.mts'] }))
  const { stdout } = node(join(root, 'node_modules/typescript/bin/tsc'), '-p', '.', '--pretty', 'false')
  expect(stdout.split('\n').filter((line) => !line.includes('node_modules/zod') && line !== '')).toEqual([])
})

test('require() gives the same module as import', () => {
  writeFileSync(
    join(project, 'old.cjs'),
    "const { legwork, task } = require('legwork'); import('legwork').then((m) => console.log(typeof task, m.legwork === legwork))",
  )
  const { status, stdout, stderr } = node('old.cjs')
  expect(stdout, stderr).toBe('function true\n')
  expect(status).toBe(0)
})

test('the command is there', () => {
  const { status, stdout, stderr } = run('npx', ['--no-install', 'legwork', '--version'])
  expect(stdout.trim(), stderr).toBe(manifest.version)
  expect(status).toBe(0)
  expect(Object.keys(manifest.bin)).toEqual(['legwork'])
})

test('without a SQLite driver the error says what to install', () => {
  const bare = emptyProject('bare')
  install(bare, tarball, 'zod')
  expect(existsSync(join(bare, 'node_modules/@photostructure'))).toBe(false)
  const program = `import { legwork, task } from 'legwork'
    const app = legwork(); const t = task('t'); app.handle(t, () => 1)
    try { await app.start(); console.log('started') } catch (error) { console.log(error.code, error.message) }
    await app.stop()`
  writeFileSync(join(bare, 'bare.mjs'), program)
  const { status, stdout, stderr } = run(process.execPath, ['bare.mjs'], bare)
  expect(status, stderr).toBe(0)
  // A newer Node has a driver of its own, which is good or too old; both are said, never a stack.
  if (process.getBuiltinModule?.('node:sqlite') === undefined)
    expect(stdout).toMatch(/^LW1001 LW1001 No SQLite driver found\. npm install @photostructure\/sqlite\n$/)
  else expect(stdout).toMatch(/^(started|LW1015 .*npm install @photostructure\/sqlite)\n$/)
})

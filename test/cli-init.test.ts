// `legwork init`: writes what is missing, overwrites nothing, and says both.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { cli, folder, json } from './cli-kit.ts'

/** A folder in which the package is found, with these files and nothing else of a project. */
function project(files: Readonly<Record<string, string>> = {}): string {
  const dir = folder({ 'package.json': '{}', ...files })
  if (files['package.json'] === undefined) rmSync(join(dir, 'package.json'))
  return dir
}
const read = (dir: string, file: string) => readFileSync(join(dir, file), 'utf8')
const manifest = (dir: string) => JSON.parse(read(dir, 'package.json')) as Record<string, unknown>
const init = (dir: string, ...args: string[]) => cli(['init', '--no-install', ...args], { cwd: dir })

test('in an empty folder it writes three files, says so, and names the next commands', async () => {
  const dir = project()
  const { code, out, err } = await init(dir)
  expect([code, err]).toEqual([0, ''])
  expect(readdirSync(dir).sort()).toEqual(['.gitignore', 'jobs.ts', 'node_modules', 'package.json'])
  for (const text of ['jobs.ts', 'npx legwork dev', 'npx legwork run hello']) expect(out).toContain(text)
  expect(manifest(dir)).toMatchObject({
    private: true,
    type: 'module',
    scripts: { dev: 'legwork dev', worker: 'legwork worker' },
  })
  expect(read(dir, '.gitignore').split('\n')).toContain('.legwork/')
})

test('a second time it changes nothing and leaves everything alone', async () => {
  const dir = project()
  await init(dir)
  writeFileSync(join(dir, 'jobs.ts'), '// mine')
  const before = readdirSync(dir).map((name) => [name, name === 'node_modules' ? '' : read(dir, name)])
  const { code, out } = await init(dir)
  expect(code).toBe(0)
  expect(out.match(/left alone/g)).toHaveLength(3)
  expect(out).not.toContain('run hello')
  expect(readdirSync(dir).map((name) => [name, name === 'node_modules' ? '' : read(dir, name)])).toEqual(
    before,
  )
})

test('what it writes runs, in TypeScript and JavaScript, with and without zod', async () => {
  for (const [args, files, name] of [
    [[], {}, 'jobs.ts'],
    [['--js'], {}, 'jobs.js'],
    [[], { 'package.json': '{"type":"commonjs","scripts":{"dev":"next dev"}}' }, 'jobs.mts'],
    [['--js'], { 'package.json': '{"name":"x","version":"1.0.0"}' }, 'jobs.mjs'],
  ] as const) {
    const dir = project(files)
    expect((await init(dir, ...args)).code).toBe(0)
    expect(existsSync(join(dir, name)), name).toBe(true)
    const { ids } = {
      ids: await json<{ items: unknown[] }>(['enqueue', 'hello', '{"name":"Ada"}', '--app', name], {
        cwd: dir,
      }),
    }
    expect(ids.items).toHaveLength(1)
  }
})

test('a package that is there keeps its fields, order and indentation; taken scripts are left', async () => {
  const text = `{\n    "name": "shop",\n    "version": "2.1.0",\n    "scripts": {\n        "dev": "next dev"\n    },\n    "dependencies": {\n        "zod": "^4.0.0",\n        "legwork": "*"\n    },\n    "jest": {}\n}\n`
  const dir = project({ 'package.json': text, '.gitignore': 'dist/' })
  const { out } = await init(dir)
  const after = read(dir, 'package.json')
  expect(after).toMatch(/^\{\n {4}"name": "shop"/)
  expect(manifest(dir)).toMatchObject({
    version: '2.1.0',
    scripts: { dev: 'next dev', 'jobs:dev': 'legwork dev', worker: 'legwork worker' },
    dependencies: { zod: '^4.0.0', legwork: '*' },
    jest: {},
  })
  expect(manifest(dir)['type']).toBeUndefined()
  expect(read(dir, '.gitignore')).toBe('dist/\n.legwork/\n')
  expect(out).toContain('script jobs:dev')
})

test('a folder that is named is made, and entered by the next commands', async () => {
  const dir = project()
  const { code, out } = await init(dir, 'back end')
  expect(code).toBe(0)
  expect(readdirSync(join(dir, 'back end'))).toContain('jobs.ts')
  expect(out).toContain("cd 'back end'")
  expect(manifest(join(dir, 'back end'))['name']).toBe('back-end')
})

test('--json says what was done', async () => {
  const dir = project({ '.gitignore': '/.legwork\n' })
  const told = await json<{ files: { file: string; what: string }[]; next: string[] }>(
    ['init', '--no-install'],
    { cwd: dir },
  )
  expect(told.files.map(({ file, what }) => [file, what])).toEqual([
    ['jobs.ts', 'created'],
    ['package.json', 'created'],
    ['.gitignore', 'left'],
  ])
  expect(told.next.join()).toContain('npx legwork dev')
})

describe('it refuses, and writes nothing', () => {
  for (const [what, files, args, said] of [
    [
      'a package.json that is no JSON',
      { 'package.json': '{"name": oops}' },
      [],
      /package\.json cannot be used: it is not JSON/,
    ],
    ['a package.json that holds no object', { 'package.json': '[]' }, [], /holds no JSON object/],
    [
      'a file in the place of the folder',
      { 'package.json': '{}', there: '' },
      ['there'],
      /there cannot be used: it is a file/,
    ],
  ] as const) {
    test(what, async () => {
      const dir = project(files)
      const before = readdirSync(dir)
      const { code, err } = await init(dir, ...args)
      expect(code).toBe(1)
      expect(err).toMatch(said)
      expect(err).toContain('LW1302')
      expect(readdirSync(dir)).toEqual(before)
    })
  }
})

test('a package manager that fails is quoted, and what to run is said', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'legwork-init-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  mkdirSync(join(dir, 'bin'))
  writeFileSync(join(dir, 'bin/npm'), '#!/bin/sh\necho "no network here" >&2\nexit 1\n', { mode: 0o755 })
  mkdirSync(join(dir, 'p'))
  const where = { cwd: join(dir, 'p'), env: { PATH: `${join(dir, 'bin')}:${process.env['PATH']}` } }
  const { code, out, err } = await cli(['init'], where)
  expect(code).toBe(1)
  expect(err).toContain('no network here')
  expect(out).toContain('npm install')
  expect(existsSync(join(dir, 'p/jobs.ts'))).toBe(true)
})

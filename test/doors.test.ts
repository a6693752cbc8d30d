// The house: who may import whom, what may be said where, and how long the walk of one job is.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

/** Which rooms a room may import from; files at the top of src count as rooms of their own. */
const doors: Readonly<Record<string, readonly string[]>> = {
  job: [],
  store: ['job'],
  calendar: ['job'],
  define: ['calendar', 'store', 'job'],
  enqueue: ['define', 'store', 'job'],
  worker: ['define', 'store', 'job'],
  upkeep: ['calendar', 'define', 'store', 'job'],
  schedules: ['calendar', 'define', 'enqueue', 'upkeep', 'store', 'job'],
  payload: ['store', 'job'],
  watch: ['define', 'store', 'job'],
  operate: ['define', 'store', 'job'],
  stores: ['store', 'job', 'world'],
  conformance: ['store', 'job'],
  world: ['job'],
  version: [],
  'load-module': [],
  'isolate-child': ['worker', 'load-module', 'world'],
  'open-store': ['stores', 'store', 'job'],
  surface: ['schedules', 'operate', 'define', 'enqueue', 'worker', 'watch', 'payload', 'store', 'job'],
  app: [
    'surface',
    'schedules',
    'define',
    'enqueue',
    'worker',
    'upkeep',
    'operate',
    'watch',
    'payload',
    'store',
    'job',
    'world',
    'version',
    'open-store',
  ],
  index: [
    'app',
    'surface',
    'schedules',
    'operate',
    'define',
    'enqueue',
    'worker',
    'watch',
    'payload',
    'store',
    'job',
  ],
  testing: [
    'app',
    'surface',
    'schedules',
    'define',
    'enqueue',
    'worker',
    'upkeep',
    'operate',
    'watch',
    'store',
    'job',
    'stores',
    'world',
  ],
  cli: [
    'app',
    'index',
    'surface',
    'schedules',
    'define',
    'enqueue',
    'worker',
    'upkeep',
    'operate',
    'watch',
    'payload',
    'store',
    'stores',
    'job',
    'world',
    'version',
    'open-store',
    'load-module',
    'observe',
  ],
  observe: ['app', 'surface', 'define', 'store', 'job'],
}

const src = (file: string) => readFileSync(join('src', file), 'utf8')
const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts') && !/\.(test|generated)\.ts$/.test(file))
const room = (file: string) =>
  file.includes('/') ? (file.split('/')[0] as string) : file.replace(/\.ts$/, '')
const code = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
const specifiers = (text: string) =>
  [...code(text).matchAll(/(?:\bfrom|\bimport\s*\(|^import)\s*'([^'\n]+)'/gm)].map(
    (match) => match[1] as string,
  )

test('every import goes through an open door', () => {
  const wrong = files.flatMap((file) =>
    specifiers(src(file))
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => normalize(join(dirname(file), specifier)))
      .filter((target) => room(target) !== room(file) && !doors[room(file)]?.includes(room(target)))
      .map((target) => `${file} -> ${target}`),
  )
  expect(wrong).toEqual([])
})

test('a store never imports its sibling but the one that puts several together, those on servers share a room, and testing knows only the memory store', () => {
  const shared: Readonly<Record<string, string>> = { postgres: 'server', redis: 'server' }
  const storeOf = (file: string) => /^stores\/([^/]+)\//.exec(file)?.[1]
  const wrong = files.flatMap((file) =>
    specifiers(src(file))
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => storeOf(normalize(join(dirname(file), specifier))))
      .filter(
        (other) =>
          other !== undefined &&
          shared[storeOf(file) ?? ''] !== other &&
          (((storeOf(file) ?? other) !== other && other !== 'partitioned') ||
            (room(file) === 'testing' && other !== 'memory')),
      )
      .map((other) => `${file} -> stores/${other}`),
  )
  expect(wrong).toEqual([])
})

test('no imports in a circle', () => {
  const targets = new Map(
    files.map((file) => [
      file,
      specifiers(src(file))
        .filter((s) => s.startsWith('.'))
        .map((s) => normalize(join(dirname(file), s))),
    ]),
  )
  // Types erase, and a room may refer to its own neighbours' types; rooms must not circle.
  const rooms = new Map<string, Set<string>>()
  for (const [file, list] of targets)
    for (const target of list)
      if (room(target) !== room(file))
        rooms.set(room(file), (rooms.get(room(file)) ?? new Set()).add(room(target)))
  const circles: string[] = []
  const walk = (at: string, path: readonly string[]): void => {
    if (path.includes(at)) return void circles.push([...path, at].join(' -> '))
    for (const next of rooms.get(at) ?? []) walk(next, [...path, at])
  }
  for (const start of rooms.keys()) walk(start, [])
  expect(circles).toEqual([])
})

test('vendor packages are named only where they belong', () => {
  const allowed: Readonly<Record<string, RegExp>> = {
    '@standard-schema/spec': /^define\//,
    commander: /^cli\//,
    croner: /^calendar\//,
    jiti: /^load-module\.ts$/,
    '@photostructure/sqlite': /^stores\/sqlite\//,
    'node:sqlite': /^stores\/sqlite\//,
    pg: /^stores\/postgres\//,
    ioredis: /^stores\/redis\/clients\//,
    '@redis/client': /^stores\/redis\/clients\//,
  }
  const wrong = files.flatMap((file) =>
    specifiers(src(file))
      .filter(
        (specifier) => !specifier.startsWith('.') && (!specifier.startsWith('node:') || specifier in allowed),
      )
      .filter((specifier) => !allowed[specifier]?.test(file))
      .map((specifier) => `${file} -> ${specifier}`),
  )
  expect(wrong).toEqual([])
})

test('time, chance, environment and console are touched only at the edges', () => {
  const edges = /^(cli\/|world\.ts$|open-store\.ts$)/
  const banned = /\b(Date\.now\(|new Date\(\)|Math\.random\(|process\.env\b|console\.|performance\.now\()/
  expect(files.filter((file) => !edges.test(file) && banned.test(code(src(file))))).toEqual([])
})

test('there is no room for odds and ends', () => {
  expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|misc|types)(\/|\.ts$)/.test(file))).toEqual([])
})

test('the walk of one job is short enough to read', () => {
  const page = readFileSync('ARCHITECTURE.md', 'utf8')
  const section = /## The walk of one job\n([\s\S]*?)\n## /.exec(page)?.[1] ?? ''
  const walk = [...section.matchAll(/`(src\/[\w./-]+\.ts)`/g)].map((match) => match[1] as string)
  expect(walk.length).toBeGreaterThan(10)
  expect(new Set(walk).size).toBe(walk.length)
  const lines = walk.map((file) => readFileSync(file, 'utf8').split('\n').length - 1)
  const total = lines.reduce((sum, n) => sum + n, 0)
  expect(total, walk.map((file, i) => `${lines[i]} ${file}`).join('\n')).toBeLessThanOrEqual(1_200)
  // A walk that leaves out a hand is no walk.
  for (const must of [
    'src/enqueue/',
    'src/stores/memory/enqueue.ts',
    'src/stores/memory/claim.ts',
    'src/worker/exchange.ts',
    'src/worker/run.ts',
    'src/job/settle.ts',
    'src/stores/memory/settle.ts',
  ]) {
    expect(
      walk.some((file) => file.startsWith(must)),
      must,
    ).toBe(true)
  }
  expect(section).toContain('at most 1,200 lines')
})

test('the version in the code is the package’s', () => {
  expect(src('version.ts')).toContain(
    `'${(JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version}'`,
  )
})

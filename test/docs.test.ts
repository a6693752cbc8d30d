// What the documentation shows is true: its programs compile, run and print what they say; its commands, links, codes
// and figures exist.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { catalogue } from 'legwork'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  blocksOf,
  type Ended,
  isAsPromised,
  pages,
  programsOf,
  read,
  root,
  run,
  workshop,
} from './docs-kit.ts'

const tested = pages().filter((page) => /^(README|CONTRIBUTING|docs\/guide\/.*)\.md$/.test(page))
const programs = tested.flatMap(programsOf)

describe('programs', () => {
  let shop: ReturnType<typeof workshop>
  let compiled: Ended
  beforeAll(async () => {
    shop = workshop(programs)
    compiled = await shop.compile()
  })
  afterAll(() => rmSync(shop.folder, { recursive: true, force: true }))

  test('there is at least one on every page of the guide, and the first program stands in the README', () => {
    expect(tested.filter((page) => programsOf(page).length === 0)).toEqual([])
    expect(blocksOf('README.md').filter(({ note }) => note === 'first program')).toHaveLength(1)
  })

  test('all have the right types', () => {
    expect(compiled.out + compiled.err).toBe('')
    expect(compiled.code).toBe(0)
  })

  for (const one of programs.filter(({ noRun }) => noRun === undefined)) {
    test.concurrent(`${one.name} runs and prints what it says`, async () => {
      const { code, out, err } = await shop.run(one)
      expect(code, err).toBe(0)
      const printed = out.split('\n').slice(0, -1)
      const promised = shop.promisedBy(one)
      // Shown side by side where they differ.
      if (!isAsPromised(printed, promised)) expect(printed, err).toEqual(promised)
    })
  }
})

test('a promise about printed lines can be broken', () => {
  expect(isAsPromised(['a 1 b'], ['a … b'])).toBe(true)
  for (const printed of [['a 1 c'], [], ['a 1 b', 'more'], ['xa 1 b']])
    expect(isAsPromised(printed, ['a … b'])).toBe(false)
})

describe('commands', () => {
  const helps = new Map<string, Promise<Ended>>()
  const help = (words: readonly string[]): Promise<Ended> => {
    const key = words.join(' ')
    const known = helps.get(key) ?? run([join(root, 'dist/cli/main.js'), ...words, '--help'], root)
    helps.set(key, known)
    return known
  }
  const verbs = (text: string) => {
    const [, list = ''] = /\nCommands:\n([\s\S]*?)(?:\n\n|\n?$)/.exec(text) ?? []
    return [...list.matchAll(/^ {2}([a-z]+)/gm)].map((match) => match[1] as string)
  }

  /** What is wrong with a command line, if anything: a verb that is not there, an option that its help does not name. */
  async function faultIn(line: string): Promise<string | undefined> {
    const words =
      line
        .replace(/^(npx )?legwork\s*/, '')
        .replace(/'[^']*'|"[^"]*"/g, 'TEXT')
        .split(/[|>#]/)[0]
        ?.trim()
        .split(/\s+/) ?? []
    const path: string[] = []
    let { out } = await help([])
    for (const word of words) {
      const known = verbs(out)
      if (known.length === 0 || word.startsWith('-')) break
      if (!known.includes(word)) return `${line}: no command ${[...path, word].join(' ')}`
      path.push(word)
      out = (await help(path)).out
    }
    const options = words.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0] as string)
    const missing = options.filter((option) => !new RegExp(`${option}\\b`).test(out))
    return missing.length > 0 ? `${line}: no option ${missing.join(' ')}` : undefined
  }

  test('every command line of the documentation exists', async () => {
    const inBlocks = pages().flatMap((page) =>
      blocksOf(page)
        .filter(({ language }) => language === 'sh')
        .flatMap(({ code }) => code.split('\n')),
    )
    const inText = pages().flatMap((page) =>
      [...read(page).matchAll(/`((?:npx )?legwork [a-z][^`\n]*)`/g)].map((match) => match[1] as string),
    )
    const inCatalogue = Object.values(catalogue).flatMap(({ fix }) =>
      [...fix.matchAll(/legwork (?!in\b)[a-z]+[^;,.]*/g)].map(([line]) =>
        line.replace(/ (shows|names|each) .*/, ''),
      ),
    )
    const lines = [...inBlocks, ...inText, ...inCatalogue].filter((line) => /^(npx )?legwork /.test(line))
    expect(lines.length).toBeGreaterThan(20)
    const faults = await Promise.all([...new Set(lines)].map(faultIn))
    expect(faults.filter((fault) => fault !== undefined)).toEqual([])
  })

  test('a command line that does not exist is found', async () => {
    expect(await faultIn('legwork jbos list')).toMatch(/no command jbos/)
    expect(await faultIn('legwork jobs lsit')).toMatch(/no command jobs lsit/)
    expect(await faultIn('npx legwork jobs list --sate dead')).toMatch(/no option --sate/)
  })
})

test('every link inside the repository leads somewhere', () => {
  const anchors = (page: string) =>
    [
      ...read(page)
        .replace(/```[\s\S]*?\n```/g, '')
        .matchAll(/^#+ (.*)$/gm),
    ].map((match) => anchorOf(match[1] as string))
  const anchorOf = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-')
  const broken = pages().flatMap((page) =>
    [
      ...read(page)
        .replace(/```[\s\S]*?\n```/g, '')
        .matchAll(/\]\(([^)\s]+)\)/g),
    ]
      .map((match) => match[1] as string)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#')
        const file = path === '' ? page : join(dirname(page), path)
        return (
          !existsSync(join(root, file)) ||
          (anchor !== undefined && file.endsWith('.md') && !anchors(file).includes(anchor))
        )
      })
      .map((target) => `${page}: ${target}`),
  )
  expect(broken).toEqual([])
})

describe('error codes', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('catalogue.ts'),
  )
  const used = new Set(
    sources.flatMap((file) => readFileSync(join(root, 'src', file), 'utf8').match(/LW\d{4}/g) ?? []),
  )
  /** Codes that explain a word which jobs carry, and that no error has. */
  const words = { LW2001: 'discarded', LW2002: 'exhausted', LW2003: 'expired' }

  test('each one of the code, and each one of the documentation, is in the catalogue', () => {
    const named = pages().flatMap((page) => read(page).match(/LW\d{4}/g) ?? [])
    expect([...used, ...named].filter((code) => !Object.hasOwn(catalogue, code))).toEqual([])
  })

  test('each one of the catalogue can happen, and stands on the errors page', () => {
    const codes = Object.keys(catalogue)
    expect(codes.filter((code) => !used.has(code) && !Object.hasOwn(words, code))).toEqual([])
    const page = read('docs/reference/errors.md')
    expect(codes.filter((code) => !page.includes(`## ${code} `))).toEqual([])
  })
})

describe('tables', () => {
  /** Names of the fields that an interface of a source file declares itself. */
  const fieldsOf = (file: string, name: string) => {
    const [, body = ''] = new RegExp(`interface ${name}[^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(read(file)) ?? []
    return [...body.matchAll(/^ {2}(?:readonly )?(\w+)[?(:<]/gm)].map((match) => match[1] as string)
  }
  const kindsOf = (file: string, field: string) =>
    [...read(file).matchAll(new RegExp(`readonly ${field}: ((?:'[\\w-]+'(?: \\| )?)+)`, 'g'))].flatMap(
      (match) => [...(match[1] as string).matchAll(/'([\w-]+)'/g)].map((word) => word[1] as string),
    )
  const codeIn = (page: string) =>
    [...read(page).matchAll(/`([\w.-]+)(?:\([^`]*\))?`/g)].map((match) => match[1] as string)
  const names = (text: string) => text.replace(/^retry$/, 'retry.attempts')

  for (const [page, what, expected] of [
    [
      'define',
      'task option',
      [...fieldsOf('src/define/task.ts', 'TaskOptions'), ...fieldsOf('src/define/task.ts', 'Schemas')],
    ],
    ['start', 'app option', fieldsOf('src/surface.ts', 'AppOptions')],
    ['work', 'stop option', fieldsOf('src/surface.ts', 'StopOptions')],
    ['enqueue', 'enqueue option', fieldsOf('src/enqueue/options.ts', 'EnqueueOptions')],
    ['work', 'part of the context', fieldsOf('src/worker/handler.ts', 'Context')],
    ['work', 'fact of the job', fieldsOf('src/worker/handler.ts', 'JobFacts')],
    ['work', 'start option', fieldsOf('src/surface.ts', 'StartOptions')],
    ['watch', 'reason', kindsOf('src/job/reason.ts', 'kind')],
    ['watch', 'event', kindsOf('src/watch/events.ts', 'type')],
    ['watch', 'answer of a cancel', kindsOf('src/store/contract.ts', 'outcome')],
    ['operate', 'option of sqlite()', fieldsOf('src/stores/sqlite/index.ts', 'SqliteOptions')],
    ['operate', 'durability level', kindsOf('src/store/contract.ts', 'level')],
  ] as const) {
    test(`the page ${page} names every ${what}`, () => {
      expect(expected.length).toBeGreaterThan(1)
      const found = new Set(codeIn(`docs/guide/${page}.md`))
      expect(expected.map(names).filter((name) => !found.has(name))).toEqual([])
    })
  }
})

test('the generated pages are fresh', async () => {
  const { code, out, err } = await run([join(root, 'scripts/docs.mjs'), '--check'], root)
  expect(code, out + err).toBe(0)
})

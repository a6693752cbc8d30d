// Takes the programs out of the documentation, so that each one can be type-checked and run as its reader would.
import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..')
export const read = (page: string) => readFileSync(join(root, page), 'utf8')

/** Every page of the documentation, by its path from the root. */
export function pages(): string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  const tops = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md']
  const all = [...tops, ...docs.map((file) => `docs/${file.replaceAll('\\', '/')}`)]
  return all.filter((page) => page.endsWith('.md') && existsSync(join(root, page)))
}

export interface Block {
  readonly page: string
  /** Of its first line of code, from 1. */
  readonly line: number
  readonly language: string
  readonly code: string
  /** The HTML comment just before it, such as `continues`. */
  readonly note: string
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  let note = ''
  let open: { language: string; line: number; lines: string[] } | undefined
  for (const [i, text] of read(page).split('\n').entries()) {
    if (open && text === '```') {
      blocks.push({ page, line: open.line, language: open.language, code: open.lines.join('\n'), note })
      open = undefined
      note = ''
    } else if (open) open.lines.push(text)
    else if (text.startsWith('```'))
      open = { language: /^\w*/.exec(text.slice(3))?.[0] ?? '', line: i + 2, lines: [] }
    else note = /^<!-- (.*) -->$/.exec(text)?.[1] ?? (text === '' ? note : '')
  }
  return blocks
}

/** One program of a page: a block and what continues it, with the files that the page showed before it. */
export interface Program {
  readonly name: string
  /** Name of its file; `main.ts` unless the page names another one. */
  readonly file: string
  readonly blocks: readonly Block[]
  readonly beside: readonly Program[]
  /** Why it is not run, where it is not. */
  readonly noRun?: string
}

export function programsOf(page: string): Program[] {
  const programs: Program[] = []
  for (const block of blocksOf(page).filter(({ language }) => /^(ts|js)$/.test(language))) {
    const before = programs.at(-1)
    if (block.note === 'continues') {
      if (!before) throw new Error(`${page}:${block.line} continues nothing`)
      programs[programs.length - 1] = { ...before, blocks: [...before.blocks, block] }
      continue
    }
    const [, noRun] = /^no run: (.{10,})$/.exec(block.note) ?? []
    if (block.note.startsWith('no run') && !noRun)
      throw new Error(`${page}:${block.line} gives no reason not to run`)
    programs.push({
      name: `${page}:${block.line}`,
      file: /^file: (\S+)$/.exec(block.note)?.[1] ?? `main.${block.language}`,
      blocks: [block],
      beside: programs.filter(({ file }) => !file.startsWith('main.')),
      ...(noRun !== undefined && { noRun }),
    })
  }
  return programs
}

/** Its lines stand where they stand on the page, so that an error of the compiler names the line of the page. */
function textOf({ blocks }: Program): string {
  const lines: string[] = []
  for (const { line, code } of blocks) {
    while (lines.length < line - 1) lines.push('')
    lines.push(...code.split('\n'))
  }
  return `${lines.join('\n')}\nexport {}\n`
}

/** What it says that it prints, a line each. */
const promisedBy = ({ blocks }: Program): string[] =>
  blocks.flatMap(({ code }) => [...code.matchAll(/\/\/ prints: (.*)$/gm)].map((match) => match[1] as string))

/** True when the lines are those that were promised; an ellipsis in a promise stands for any text. */
export function isAsPromised(printed: readonly string[], promised: readonly string[]): boolean {
  const pattern = (line: string) =>
    line
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')
  return (
    printed.length === promised.length &&
    promised.every((line, i) => new RegExp(`^${pattern(line)}$`).test(printed[i] as string))
  )
}

/** A place with the packages that the pages install, where all programs are compiled in one go. */
export function workshop(programs: readonly Program[]) {
  const folder = mkdtempSync(join(tmpdir(), 'legwork-docs-'))
  link(folder, 'legwork', root)
  for (const name of ['zod', 'valibot', '@types', '@photostructure', 'ioredis', 'pg', 'drizzle-orm'])
    link(folder, name, join(root, 'node_modules', name))
  write(join(folder, 'package.json'), '{ "type": "module" }')
  write(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions,
      include: ['pages'],
      exclude: [],
    }),
  )
  for (const one of programs)
    for (const part of [one, ...one.beside]) write(join(folder, 'pages', slug(one), part.file), textOf(part))
  // The same program on the same file says less where a power cut takes the file along (0x01021994 is tmpfs).
  const survives = statfsSync(folder).type === 0x01021994 ? 'process-safe' : 'power-safe'
  return {
    folder,
    promisedBy: (one: Program) => promisedBy(one).map((line) => (line === 'power-safe' ? survives : line)),
    compile: () => run([join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], folder),
    run: (one: Program, env: Readonly<Record<string, string>> = {}) =>
      run([one.file.replace(/ts$/, 'js')], join(folder, 'out', slug(one)), env),
  }
}

const compilerOptions = {
  rootDir: 'pages',
  outDir: 'out',
  declaration: false,
  allowJs: true,
  checkJs: true,
  noUnusedLocals: false,
  noUnusedParameters: false,
  noEmitOnError: false,
}

export const slug = ({ name }: Program): string => name.replace(/\W+/g, '-')

function link(folder: string, name: string, target: string): void {
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  symlinkSync(target, join(folder, 'node_modules', name))
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A process of its own, which must end by itself. */
export function run(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  timeout = 25_000,
): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd, ...env },
    timeout,
    killSignal: 'SIGKILL',
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (data: Buffer) => (out += String(data)))
  child.stderr.on('data', (data: Buffer) => (err += String(data)))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })))
}

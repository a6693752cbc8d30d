import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The files that an app is made of, and what they hold. */
export interface Graph {
  /** Digest of each file's text. */
  readonly files: ReadonlyMap<string, string>
  /** Folders in which they are, or in which a file is missing that one of them wants. */
  readonly folders: ReadonlySet<string>
}

/** More files than this are no tasks file's own. */
const most = 1_000

const imported = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"\n]+)['"]/g
const endings = ['', '.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json']
const indexes = ['/index.ts', '/index.js', '/index.mjs']

/**
 * Follows the relative imports of a file. It reads the text, for code that does not load has imports too; an import that
 * stands in a comment is followed as well, which costs a look.
 */
export function graphOf(entry: string): Graph {
  const files = new Map<string, string>()
  const folders = new Set<string>()
  const open = [resolve(entry)]
  while (open.length > 0 && files.size < most) {
    const path = open.pop() as string
    if (files.has(path)) continue
    folders.add(dirname(path))
    const text = textOf(path)
    files.set(path, text === undefined ? 'missing' : createHash('sha1').update(text).digest('hex'))
    if (text === undefined || path.endsWith('.json')) continue
    for (const [, specifier = ''] of text.matchAll(imported)) {
      if (!/^\.\.?\//.test(specifier)) continue
      const base = resolve(dirname(path), specifier)
      open.push(candidates(base).find(isFile) ?? base)
    }
  }
  return { files, folders }
}

/** Files that are not as they were: new, gone or with another text. */
export const changedFiles = (before: Graph, after: Graph): string[] => [
  ...[...after.files].filter(([path, digest]) => before.files.get(path) !== digest).map(([path]) => path),
  ...[...before.files.keys()].filter((path) => !after.files.has(path)),
]

/** What an import may mean: the file, one with an ending, or for `x.js` the `x.ts` that it is compiled from. */
function candidates(base: string): string[] {
  const source = /\.[cm]?jsx?$/.test(base) ? [base.replace(/js(x?)$/, 'ts$1')] : []
  return [...endings.map((ending) => base + ending), ...source, ...indexes.map((index) => base + index)]
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

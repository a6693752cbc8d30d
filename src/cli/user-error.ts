import { spawnSync } from 'node:child_process'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** An error that a user's own file threw while it loaded. */
export interface UserError {
  /** Name and message, without a full stop at the end. */
  readonly text: string
  /** `FILE:LINE` in the user's own code, where it can be found. */
  readonly at: string | undefined
}

/** What an error says and where in the user's code it came from. */
export function userErrorOf(error: unknown, file: string): UserError {
  const { message, at } = splitPlace(nameAndMessage(error))
  return { text: message.replace(/\.$/, ''), at: at ?? placeIn(error) ?? syntaxPlace(error, file) }
}

function nameAndMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const message = error.message.replace(/\nRequire stack:[\s\S]*$/, '')
  // The loader of TypeScript puts the kind of error into the message.
  return /^\w+Error: /.test(message) ? message : `${error.name}: ${message}`
}

/** The loader of TypeScript writes the place of a syntax error on a line of its own, with columns from 0. */
function splitPlace(text: string): { readonly message: string; readonly at?: string } {
  const [whole, path, line] = /\s*\n\s*(\S.*):(\d+):\d+\s*$/.exec(text) ?? []
  return whole === undefined
    ? { message: text }
    : { message: text.slice(0, -whole.length), at: `${path}:${line}` }
}

const own = fileURLToPath(new URL('../', import.meta.url))

/** `FILE:LINE` of the first frame in the user's own code, the file as seen from here. */
export function frameOf(stack: string): string | undefined {
  const at = placeInStack(stack)
  if (at === undefined) return undefined
  const near = relative(process.cwd(), at)
  return near.startsWith('..') ? at : near
}

const placeIn = (error: unknown): string | undefined =>
  error instanceof Error ? placeInStack(error.stack ?? '') : undefined

/** The first frame of the stack that is neither Node's nor a package's nor ours. */
function placeInStack(stack: string): string | undefined {
  const [first = '', ...lines] = stack.split('\n')
  const frames = lines.filter((line) => /^\s+at /.test(line) && !line.includes('node:')).map(placeOf)
  const isTheirs = (at: string | undefined) =>
    at !== undefined && !at.startsWith(own) && !/[\\/]node_modules[\\/]/.test(at)
  // Above the message of some syntax errors Node writes the place.
  return [/^(?:file:|\/|[A-Za-z]:\\)/.test(first) ? placeOf(first) : undefined, ...frames].find(isTheirs)
}

function placeOf(line: string): string | undefined {
  const [, path, number] = /(file:\/\/\S+?|\/[^()]*?|[A-Za-z]:\\[^()]*?):(\d+)(?::\d+)?\)?$/.exec(line) ?? []
  if (path === undefined) return undefined
  return `${path.startsWith('file:') ? fileURLToPath(path) : path}:${number}`
}

/** Node keeps the place of most syntax errors to itself, but tells it when it checks the file. */
function syntaxPlace(error: unknown, file: string): string | undefined {
  if (!(error instanceof SyntaxError)) return undefined
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: 5_000 })
  return placeOf((stderr ?? '').split('\n')[0] ?? '')
}

import type { CommanderError } from 'commander'
import { catalogue, type Code } from '../job/catalogue.ts'
import { safe, safeJson, safeLines } from './safe.ts'
import type { Terminal } from './terminal.ts'

/** What a shell learns from a command. The numbers are part of the interface and do not change. */
export const exits = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  unreachable: 6,
  timedOut: 7,
  jobFailed: 8,
  /** Ctrl-C, as shells say it: 128 + SIGINT. */
  interrupted: 130,
} as const

/** Tells a person, or with `json` a program, what went wrong, and gives the exit code for it. */
export function report(
  error: unknown,
  terminal: Terminal,
  { debug, json }: { debug: boolean; json: boolean },
): number {
  if (isCommander(error)) return reportUsage(error, terminal, json)
  const code = codeOf(error)
  const message = messageOf(error)
  const exitCode = code ? exitOf(code) : exits.failed
  const fix = code && fixOf(code, error)
  if (json) {
    const stack = debug ? stackOf(error) : undefined
    terminal.err(safeJson({ error: { code, message, fix, exitCode, stack } }))
    return exitCode
  }
  const [first = '', ...rest] = safeLines(message)
  terminal.err([terminal.paint('red', first), ...rest].join('\n'))
  if (code) terminal.err(`  Fix: ${fix}\n  ${terminal.paint('dim', `legwork explain ${code}`)}`)
  if (debug && error instanceof Error) terminal.err(safeLines(stackOf(error) ?? '').join('\n'))
  else if (!code)
    terminal.err(terminal.paint('dim', '  This error has no code; --debug shows where it comes from.'))
  return exitCode
}

/** The stack of an error and of what caused it. */
function stackOf(error: unknown): string | undefined {
  const stacks: string[] = []
  for (let one = error; one instanceof Error && stacks.length < deepest; one = one.cause)
    stacks.push(one.stack ?? String(one))
  return stacks.length > 0 ? stacks.join('\ncaused by: ') : undefined
}

/** Causes may point at each other. */
const deepest = 8

/** The error's own advice, or the catalogue's, with the job's own id where the error knows it. */
export function fixOf(code: Code, error: unknown): string {
  const { id, fix } = (error as { details?: { id?: unknown; fix?: unknown } }).details ?? {}
  if (typeof fix === 'string') return safe(fix)
  return safe(typeof id === 'string' ? catalogue[code].fix.replace(/\bID\b/, () => id) : catalogue[code].fix)
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The Legwork code of an error, by its shape: a user's file may have brought its own copy of the library. */
export function codeOf(error: unknown): Code | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && Object.hasOwn(catalogue, code) ? (code as Code) : undefined
}

export function exitOf(code: Code): number {
  const own = special[code]
  if (own !== undefined) return own
  const family = code.slice(0, 4)
  if (family === 'LW10') return exits.unreachable
  return family === 'LW11' || family === 'LW12' ? exits.usage : exits.failed
}

const special: { readonly [C in Code]?: number } = {
  LW1008: exits.usage,
  LW1101: exits.notFound,
  LW1204: exits.failed,
  LW2201: exits.jobFailed,
  LW2202: exits.jobFailed,
  LW2203: exits.timedOut,
  LW2301: exits.notFound,
  LW2302: exits.refused,
  LW2303: exits.notFound,
  LW2304: exits.refused,
  LW2311: exits.refused,
  LW2312: exits.notFound,
  LW2313: exits.notFound,
}

const isCommander = (error: unknown): error is CommanderError =>
  String((error as { code?: unknown } | null)?.code).startsWith('commander.')

const usageFix = '--help shows what there is.'

/** Says what is no failure but should be known; with `json` as a document on a line of its own. */
export const warn = (text: string, terminal: Terminal, json: boolean | undefined): void =>
  terminal.err(json ? safeJson({ warning: text }) : safe(text))

/** Help and version end a command well; everything else that Commander throws is a wrong command line. */
function reportUsage({ code, message, exitCode }: CommanderError, terminal: Terminal, json: boolean): number {
  if (['commander.helpDisplayed', 'commander.version'].includes(code)) return exits.ok
  // Help was asked for, or printed because a verb was missing.
  if (code === 'commander.help') return exitCode === 0 ? exits.ok : exits.usage
  const text = message.replace(/^error: /, '')
  if (json)
    terminal.err(safeJson({ error: { code: 'LW1201', message: text, fix: usageFix, exitCode: exits.usage } }))
  else terminal.err(`${terminal.paint('red', text.split('\n').map(safe).join('\n'))}\n  ${usageFix}`)
  return exits.usage
}

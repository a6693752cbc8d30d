import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption, LegworkError, nearest } from '../job/errors.ts'

/** Options that every command takes. */
export interface Common {
  readonly url?: string
  readonly json?: boolean
  readonly debug?: boolean
}

/** One run of a command: its arguments and options; the answer is the exit code, 0 when it says nothing. */
export interface Call<Options> {
  readonly args: readonly string[]
  readonly options: Options & Common
}

/** Says what a command does. */
export function does<Options>(
  command: Command,
  run: (call: Call<Options>) => Promise<number | void>,
): Command {
  return command.action(async () => {
    const args = command.processedArgs.flat().filter((arg) => arg !== undefined)
    process.exitCode = (await run({ args, options: command.optsWithGlobals() })) ?? 0
  })
}

export interface Help {
  readonly summary: string
  readonly examples: readonly string[]
  /** Done when its parent is called without any of its commands. */
  readonly isDefault?: boolean
}

/** Makes a subcommand whose help begins with what it is for and how it looks in use. */
export function add(parent: Command, usage: string, { summary, examples, isDefault = false }: Help): Command {
  const lines = examples.map((line) => `  $ legwork ${line}`).join('\n')
  return parent
    .command(usage, { isDefault })
    .summary(summary)
    .addHelpText('before', `${summary}\n\nExamples:\n${lines}\n`)
}

/** An option that takes a whole number. */
export function count(
  flags: string,
  about: string,
  { min = 0, max }: { readonly min?: number; readonly max: number },
): Option {
  return new Option(flags, about).argParser((text) => {
    const n = Number(text)
    if (/^\d+$/.test(text) && n >= min && n <= max) return n
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
  })
}

/** An option that takes a duration such as `30s`, of `leastMs` or more. */
export function duration(flags: string, about: string, leastMs = 0): Option {
  return new Option(flags, about).argParser((text): Duration => {
    const value = (/^\d+$/.test(text) ? Number(text) : text) as Duration
    try {
      toMs(value, flags, leastMs)
      return value
    } catch (error) {
      throw new InvalidArgumentError(
        error instanceof LegworkError
          ? `Expected a duration such as 250 (milliseconds), '30s', '5m' or '1d'${leastMs > 0 ? `, at least ${leastMs} ms` : ''}.`
          : String(error),
      )
    }
  })
}

/** An option that takes an instant. @throws {InvalidOption} LW1202 when it is none, or in the past. */
export function instant(flags: string, about: string, now: () => number): Option {
  const [name = flags] = flags.split(' ')
  return new Option(flags, about).argParser((text): Date => {
    const at = new Date(text)
    if (Number.isNaN(at.getTime()))
      throw new InvalidOption(name, text, 'an instant such as 2026-05-01T09:00Z', 'LW1202')
    if (at.getTime() < now() - pastToleranceMs)
      throw new InvalidOption(
        name,
        text,
        `an instant from now (${new Date(now()).toISOString()}) on; leave it out to run now`,
        'LW1202',
      )
    return at
  })
}

/** An option that takes an instant, or how long ago that was. */
export function moment(flags: string, about: string): Option {
  return new Option(flags, about).argParser((text): Date | Duration => {
    if (/^\d+(\.\d+)?(ms|s|m|h|d|w)$/.test(text)) return text as Duration
    const at = new Date(text)
    if (!Number.isNaN(at.getTime())) return at
    throw new InvalidArgumentError(
      "Expected an instant such as 2026-05-01T09:00Z, or how long ago, such as '2h'.",
    )
  })
}

/** What a person typed as now is a moment ago. */
const pastToleranceMs = 1_000

/** An option that may be given more than once, or with commas. */
export function many(flags: string, about: string): Option {
  return new Option(flags, about).argParser((text, before?: string[]) => [...(before ?? []), ...split(text)])
}

/** An option that takes some of a closed list of words. */
export function someOf<W extends string>(flags: string, about: string, words: readonly W[]): Option {
  return new Option(flags, `${about}: ${words.join(', ')}`).argParser((text, before?: W[]) => [
    ...(before ?? []),
    ...split(text).map((word) => oneOf(word, words)),
  ])
}

export function oneOf<W extends string>(word: string, words: readonly W[]): W {
  const found = words.find((known) => known === word)
  if (found) return found
  const near = nearest(word, words)
  throw new InvalidArgumentError(
    `Expected some of ${words.join(', ')}.${near ? `\n(Did you mean ${near}?)` : ''}`,
  )
}

const split = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)

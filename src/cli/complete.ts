import type { Command, Option } from 'commander'
import { catalogue } from '../job/catalogue.ts'
import { sleep } from '../job/clock.ts'
import { allStates } from '../job/state.ts'
import type { Store } from '../store/index.ts'
import { realClock } from '../world.ts'
import { acquaintanceOf } from './acquaintance.ts'
import { withStore } from './connect.ts'
import { exits } from './exit.ts'
import type { Terminal } from './terminal.ts'
import { noteOf } from './view.ts'

/** Something that may stand where the cursor is. */
interface Choice {
  readonly value: string
  readonly about?: string | undefined
}

/** The command line's own knowledge: its root with the commands, of which those that are named have their options. */
export type Grow = (words: readonly string[]) => Promise<Command>

/** A person waits with a key pressed. */
const patienceMs = 900
const idsShown = 20
const namesShown = 100

/**
 * Prints what may stand where the cursor is: `line TEXT` for the text up to the cursor, `words WORD…` for its words. Says
 * nothing rather than something wrong, and never an error: the shell would show it in the middle of the line.
 */
export async function complete(args: readonly string[], grow: Grow, terminal: Terminal): Promise<number> {
  const [form, ...rest] = args
  const words = form === 'line' ? wordsOf(rest[0] ?? '') : rest
  const current = words.at(-1) ?? ''
  const found = choices(words, grow).catch(() => [])
  const all = await Promise.race([found, sleep(realClock, patienceMs).then((): readonly Choice[] => [])])
  for (const { value, about } of all) {
    if (value === files) terminal.out(value)
    else if (value.startsWith(current))
      // Bash completes what comes after the last colon or equals sign.
      terminal.out(
        form === 'line' ? value.slice(/^.*[:=]/.exec(current)?.[0].length ?? 0) : lineOf(value, about),
      )
  }
  return exits.ok
}

const files = ':files'

const lineOf = (value: string, about: string | undefined): string =>
  about === undefined ? value : `${value}\t${about.replace(/[\u0000-\u001f\u007f]/g, ' ')}`

/** Words of a line without the program's name; the last is the one under the cursor, which may be empty. */
export function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/(?:"((?:[^"\\]|\\.)*)(?:"|$)|'([^']*)(?:'|$)|\\(.)|([^\s"'\\]))+/gs)]
  const plain = words.map(([text]) => text.replace(/\\(.)/g, '$1').replace(/["']/g, ''))
  return [...plain.slice(1), ...(/(^|[^\\])\s$/.test(line) || plain.length === 1 ? [''] : [])]
}

async function choices(words: readonly string[], grow: Grow): Promise<readonly Choice[]> {
  const root = await grow(words)
  const { command, path, options, option, url, given } = walk(root, words.slice(0, -1))
  const current = words.at(-1) ?? ''
  const values: Values = { path, url, given }
  if (option) return valuesOf(option.long ?? '', values)
  const [, flag, typed] = /^(--[\w-]+)=(.*)$/s.exec(current) ?? []
  if (flag !== undefined && typed !== undefined)
    return (await valuesOf(flag, values)).map(({ value, about }) => ({ value: `${flag}=${value}`, about }))
  if (current.startsWith('-'))
    return [...options.map(optionChoice), { value: '--help', about: 'what the command does' }]
  const below = command.commands
  // A word that is no command of ours: whatever follows is not ours either.
  if (below.length > 0 && given.length > 0) return []
  if (below.length > 0) return below.map((one) => ({ value: one.name(), about: one.summary() }))
  return command.registeredArguments.length > 0 ? valuesOf(path, values) : []
}

const optionChoice = ({ long, short, description }: Option): Choice => ({
  value: long ?? short ?? '',
  about: description,
})

interface Values {
  /** `jobs show`; what is completed depends on it. */
  readonly path: string
  readonly url: string | undefined
  /** Words that are there already: a list of ids grows. */
  readonly given: readonly string[]
}

/** Follows the words down the tree of commands. */
function walk(root: Command, words: readonly string[]) {
  let command = root
  let option: Option | undefined
  let url: string | undefined
  const path: string[] = []
  const given: string[] = []
  for (const word of words) {
    if (option) {
      if (option.long === '--url') url = word
      option = undefined
      continue
    }
    const [flag = '', value] = word.split('=', 2)
    const known = [...command.options, ...root.options].find(
      ({ long, short }) => long === flag || short === flag,
    )
    if (known?.long === '--url' && value !== undefined) url = value
    if (known && (known.required || known.optional) && value === undefined) option = known
    const next = word.startsWith('-') ? undefined : command.commands.find((one) => one.name() === word)
    if (next) {
      command = next
      path.push(word)
    } else if (!word.startsWith('-')) given.push(word)
  }
  const options = [...command.options, ...root.options].filter((one) => !one.hidden)
  return { command, path: path.join(' '), options, option, url, given }
}

const fixed = (values: readonly string[]): Choice[] => values.map((value) => ({ value }))

/** What stands for an option, by its name, or for an argument, by the path of its command. */
async function valuesOf(name: string, { path, url, given }: Values): Promise<readonly Choice[]> {
  switch (name) {
    case '--state':
      return fixed(allStates)
    case '--url':
    case '--app':
    case '--file':
    case '--watch':
    case '--images':
    case '--csv':
    case 'worker':
    case 'dev':
    case 'init':
      return fixed([files])
    case 'completion':
      return given.length > 0 ? [] : fixed(['bash', 'zsh', 'fish'])
    case 'explain':
      return Object.entries(catalogue).map(([value, { title }]) => ({ value, about: title }))
    default:
      return withStore({ ...(url !== undefined && { url }) }, (store) => known(store, name, { path, given }))
  }
}

async function known(
  store: Store,
  name: string,
  { path, given }: Omit<Values, 'url'>,
): Promise<readonly Choice[]> {
  if (name === '--queue' || path === 'queues pause' || path === 'queues resume')
    return (await store.counts()).map(({ queue, states }) => ({
      value: queue,
      about: `${states.ready} ready`,
    }))
  if (name === '--task' || (given.length === 0 && (path === 'run' || path === 'enqueue')))
    return fixed((await acquaintanceOf(store)).tasks)
  if (path.startsWith('schedules ') && given.length === 0)
    return (await store.schedules.list({ limit: namesShown })).map(({ name: value }) => ({ value }))
  const isDead = path.startsWith('dead ')
  if (!isDead && !/^(why|jobs (show|cancel|retry|promote|remove))$/.test(path)) return []
  const { jobs } = await store.find(isDead ? { states: ['dead'] } : {}, { limit: idsShown })
  return jobs
    .filter(({ id }) => !given.includes(id))
    .map((job) => ({ value: job.id, about: `${job.task} ${job.state} ${noteOf(job, Date.now())}`.trim() }))
}

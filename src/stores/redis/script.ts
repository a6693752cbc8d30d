import { createHash } from 'node:crypto'
import { StoreError } from '../../job/errors.ts'
import { codedError } from './faults.ts'
import { type Part, type ScriptName, scripts, snippets } from './lua.generated.ts'
import type { Port, Reply } from './port.ts'

/** A script as the server gets it. */
interface Whole {
  readonly sha: string
  readonly keys: readonly string[]
  readonly lua: string
}

const whole = new Map<ScriptName, Whole>()

/** Puts a script together with its snippets: `K.name` becomes the declared key of that name. */
export function wholeOf(name: ScriptName): Whole {
  const known = whole.get(name)
  if (known) return known
  const body = called(gather(scripts[name], new Set()))
  const keys = [...new Set([...body.matchAll(/\bK\.(\w+)/g)].map((match) => match[1] as string))]
  const { flags } = scripts[name] as Part
  const first = flags.length > 0 ? `#!lua flags=${flags.join(',')}` : '#!lua'
  const lua = `${first}\n${body.replace(/\bK\.(\w+)/g, (_, key: string) => `KEYS[${keys.indexOf(key) + 1}]`)}`
  const made = { sha: createHash('sha1').update(lua).digest('hex'), keys, lua }
  whole.set(name, made)
  return made
}

type Units = Part['units']

/** The units of a script after those of the snippets that it uses, each once. */
function gather(part: Part, done: Set<string>): Units {
  const before = part.uses.flatMap((use) => {
    if (done.has(use)) return []
    done.add(use)
    return gather(snippets[use] as Part, done)
  })
  return [...before, ...part.units]
}

/** Without functions that nobody calls: each one that is made costs the server time at every call. */
function called(units: Units): string {
  const wanted = new Set<string>([''])
  const waiting = units.filter(([name]) => name === '')
  const byName = new Map<string, Units[number][]>()
  for (const unit of units) byName.set(unit[0], [...(byName.get(unit[0]) ?? []), unit])
  for (let unit = waiting.pop(); unit; unit = waiting.pop())
    for (const word of unit[1].match(/(?<![.'\w])[a-z]\w+\b/gi) ?? []) {
      if (wanted.has(word) || !byName.has(word)) continue
      wanted.add(word)
      waiting.push(...(byName.get(word) ?? []))
    }
  return units
    .filter(([name]) => wanted.has(name))
    .map(([, lua]) => lua)
    .join('')
}

export type Run = (name: ScriptName, ...args: readonly (string | number)[]) => Promise<Reply>

/**
 * Runs scripts on the partition that `tag` names. The first argument of each is its time: '' for the server's own.
 * A server that does not know a script yet is sent it whole.
 */
export function runner(port: Port, tag: string, time: () => string): Run {
  const known = new Map<ScriptName, readonly string[]>()
  return async (name, ...args) => {
    const { sha, keys, lua } = wholeOf(name)
    const places = known.get(name) ?? keys.map((key) => `{${tag}}:${key}`)
    known.set(name, places)
    const texts = [time(), ...args.map(String)]
    try {
      try {
        return await port.evalsha(sha, places, texts)
      } catch (error) {
        if (!isUnknownScript(error)) throw error
        return await port.eval(lua, places, texts)
      }
    } catch (error) {
      throw error instanceof StoreError ? error : codedError(error, `the script ${name}`)
    }
  }
}

const isUnknownScript = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('NOSCRIPT')

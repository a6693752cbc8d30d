import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { InvalidOption } from '../job/errors.ts'
import { messageOf } from './exit.ts'

/**
 * The payload that a command line names: JSON text, `-f FILE`, `-f -` for standard input, or nothing.
 * @throws {InvalidOption} LW1201 when it is not JSON, or both are given.
 */
export async function readPayload(json: string | undefined, file: string | undefined): Promise<unknown> {
  if (json !== undefined && file !== undefined)
    throw new InvalidOption('payload', json, 'either JSON on the command line or -f, not both')
  if (file !== undefined) return parsePayload(await read(file), file === '-' ? 'standard input' : file)
  return json === undefined ? undefined : parsePayload(json, 'payload')
}

/** The value of a JSON text that a person typed. @throws {InvalidOption} LW1201. */
export function parsePayload(source: string, what: string): unknown {
  try {
    return JSON.parse(source)
  } catch (error) {
    throw new InvalidOption(
      what,
      source,
      `JSON${what === 'payload' ? `, in quotes of the shell such as '{"name":"Ada"}'` : ''} (${messageOf(error)})`,
    )
  }
}

async function read(file: string): Promise<string> {
  if (file === '-') return text(process.stdin)
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new InvalidOption('-f', file, `a file that can be read (${messageOf(error)})`)
  }
}

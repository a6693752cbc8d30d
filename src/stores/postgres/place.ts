import { InvalidOption, nearest } from '../../job/errors.ts'

export interface Place {
  readonly url: string
  readonly schema: string | undefined
  /** For people: without a password. */
  readonly shown: string
}

/** What a URL says, with our own `?schema=` apart from what the driver reads. @throws {InvalidOption} LW1201 */
export function placeOfUrl(text: string): Place {
  const url = /^postgres(ql)?:/.test(text) && URL.canParse(text) ? new URL(text) : undefined
  if (!url) throw new InvalidOption('url', '(hidden)', 'postgres://user:password@host:port/database')
  const schema = url.searchParams.get('schema') ?? undefined
  refuseSlips([...url.searchParams.keys()])
  url.searchParams.delete('schema')
  const shown = `${url.protocol}//${url.username ? `${url.username}@` : ''}${url.host}${url.pathname}`
  return { url: url.href, schema, shown }
}

/** The driver has options of its own; what is nearly ours would put jobs elsewhere. */
function refuseSlips(names: readonly string[]): void {
  const other = names.find((name) => name === 'partitions' || name === 'spread')
  if (other) throw new InvalidOption('url', `?${other}=`, 'no partitions, which only Redis has')
  const slip = names.find((name) => name !== 'schema' && nearest(name, ['schema']) !== undefined)
  if (slip) throw new InvalidOption('url', `?${slip}=`, '?schema=, if that is what is meant')
}

/** A name as SQL writes it. @throws {InvalidOption} LW1201 */
export function quoted(name: unknown, option = 'schema', longest = 50): string {
  if (typeof name !== 'string' || name === '' || name.includes('\0') || Buffer.byteLength(name) > longest)
    throw new InvalidOption(option, name, `the name of a ${option}, 1 to ${longest} bytes`)
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as SQL writes it, whatever `standard_conforming_strings` is. */
export const literal = (text: string): string =>
  `${text.includes('\\') ? 'E' : ''}'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

/** Where the schema is, and what to call it in messages. */
export interface Home {
  /** Quoted. */
  readonly schema: string
  readonly where: string
}

import { styleText } from 'node:util'
import { safeJson } from './safe.ts'

export type Paint = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold'

/** Where a command talks: data to standard output, everything else to standard error. */
export interface Terminal {
  /** Standard output is a terminal, so a person reads it. */
  readonly isTty: boolean
  /** A person can be asked: both ends are terminals and nothing says that this is a build server. */
  readonly canAsk: boolean
  /** Columns of standard output; undefined where lines may be as long as they like. */
  readonly width: number | undefined
  /** Writes one line of data. */
  out(line: string): void
  /** Writes one line of talk. */
  err(line: string): void
  /** Writes one JSON document: indented for a person, on one line in a pipe. */
  json(value: unknown): void
  paint(format: Paint | readonly Paint[], text: string): string
  /** Resolves when everything written has left the process. */
  flush(): Promise<void>
}

interface Streams {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly env: NodeJS.ProcessEnv
}

export function terminalOf({ stdin, stdout, stderr, env }: Streams): Terminal {
  // The reader of a pipe may go first, as `head -1` does: that is its right, not an error of ours.
  for (const stream of [stdout, stderr]) stream.on('error', () => {})
  const write = (stream: NodeJS.WriteStream) => (line: string) =>
    void (stream.writable && stream.write(`${line}\n`))
  const isTty = stdout.isTTY === true
  const hasColour = colourful(isTty, env)
  const out = write(stdout)
  return {
    isTty,
    canAsk: stdin.isTTY === true && stderr.isTTY === true && !env['CI'],
    width: isTty ? stdout.columns || 80 : undefined,
    out,
    err: write(stderr),
    json: (value) => out(safeJson(value, isTty ? 2 : undefined)),
    paint: (format, text) =>
      hasColour && text ? styleText([format].flat(), text, { validateStream: false }) : text,
    async flush() {
      await Promise.all([stdout, stderr].map((stream) => new Promise((done) => stream.write('', done))))
    },
  }
}

/** https://no-color.org and the habits around it: an explicit wish wins over what the terminal is. */
function colourful(isTty: boolean, env: NodeJS.ProcessEnv): boolean {
  if (env['NO_COLOR']) return false
  if (env['FORCE_COLOR'] !== undefined) return !['', '0', 'false'].includes(env['FORCE_COLOR'])
  return isTty && env['TERM'] !== 'dumb' && !env['CI']
}

import { StringDecoder } from 'node:string_decoder'
import type { Readable } from 'node:stream'
import type { Terminal } from '../terminal.ts'

/** Lines on their way to the terminal; held back while a person types. */
export interface Screen {
  out(line: string): void
  err(line: string): void
  /** Passes on, line by line, what a process prints. */
  pipe(stream: Readable, to: 'out' | 'err'): void
  /** Keeps lines back until the answer is called. */
  hold(): () => void
  clear(): void
}

/** What waits longer than this many lines while a person types is dropped, and said. */
const heldMost = 2_000

export function newScreen(terminal: Terminal): Screen {
  const held: (() => void)[] = []
  let isHeld = false
  let dropped = 0
  const write = (to: 'out' | 'err', line: string): void => {
    if (!isHeld) terminal[to](line)
    else if (held.length < heldMost) held.push(() => terminal[to](line))
    else dropped += 1
  }
  return {
    out: (line) => write('out', line),
    err: (line) => write('err', line),
    pipe(stream, to) {
      const decoder = new StringDecoder('utf8')
      let rest = ''
      const hear = (text: string): void => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) write(to, line)
      }
      stream.on('data', (chunk: Buffer) => hear(decoder.write(chunk)))
      stream.on('end', () => rest !== '' && hear('\n'))
    },
    hold() {
      isHeld = true
      return () => {
        isHeld = false
        for (const print of held.splice(0)) print()
        if (dropped > 0) terminal.err(`… ${dropped} lines were not shown meanwhile`)
        dropped = 0
      }
    },
    clear: () => terminal.out('\u001b[2J\u001b[3J\u001b[H'),
  }
}

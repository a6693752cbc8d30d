import { createInterface } from 'node:readline'

/** Asks for one line, which may stand there already for the person to change. Undefined: left with Ctrl-C or Ctrl-D. */
export function prompt(question: string, suggestion = ''): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: true })
  return new Promise((resolve) => {
    let isOver = false
    const end = (answer: string | undefined): void => {
      if (isOver) return
      isOver = true
      lines.close()
      if (answer === undefined) process.stdout.write('\n')
      resolve(answer)
    }
    lines.on('SIGINT', () => end(undefined)).on('close', () => end(undefined))
    lines.question(question, (answer) => end(answer))
    if (suggestion !== '') lines.write(suggestion)
  })
}

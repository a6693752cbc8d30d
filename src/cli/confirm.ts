import { createInterface } from 'node:readline/promises'
import { InvalidOption } from '../job/errors.ts'
import type { Terminal } from './terminal.ts'

/**
 * Asks before something that cannot be taken back. True when the person agrees, or `--yes` was given.
 * @throws {InvalidOption} LW1201 when nobody can be asked.
 */
export async function confirm(terminal: Terminal, what: string, yes: boolean | undefined): Promise<boolean> {
  if (yes) return true
  if (!terminal.canAsk)
    throw new InvalidOption(
      '--yes',
      undefined,
      `it, because this would ${what} and nobody can be asked here; --dry-run shows what would happen`,
    )
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await lines.question(`This will ${what}. Go on? [y/N] `)
    const agreed = /^y(es)?$/i.test(answer.trim())
    if (!agreed) terminal.err('Nothing was done.')
    return agreed
  } catch {
    // Ctrl-C or Ctrl-D at the question.
    terminal.err('\nNothing was done.')
    return false
  } finally {
    lines.close()
  }
}

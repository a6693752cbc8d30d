import { createInterface } from 'node:readline/promises'
import { LegworkError } from '../job/errors.ts'
import type { Terminal } from './terminal.ts'

/**
 * Asks before something that cannot be taken back. True when the person agrees, or `--yes` was given.
 * @throws {LegworkError} LW1201 when nobody can be asked.
 */
export async function confirm(terminal: Terminal, what: string, yes: boolean | undefined): Promise<boolean> {
  if (yes) return true
  if (!terminal.canAsk)
    throw new LegworkError(
      'LW1201',
      `--yes is missing: this would ${what}, and nobody can be asked here; --dry-run shows what would happen.`,
      { option: '--yes', fix: 'Add --yes, or --dry-run to look first.' },
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

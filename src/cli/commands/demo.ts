import type { Command } from 'commander'
import { add, type Call, type Common, does } from '../command.ts'
import type { Terminal } from '../terminal.ts'

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'demo', {
    summary: 'watch jobs succeed, fail, retry and die, in a temporary store; takes a few seconds',
    examples: ['demo', 'demo --json'],
  })
  does<Common>(command, async ({ options }: Call<Common>) =>
    (await import('../demo.ts')).demo(options, terminal),
  )
}

import type { Command } from 'commander'
import { add, type Call, type Common, does } from '../command.ts'
import type { Terminal } from '../terminal.ts'

export interface TopOptions extends Common {
  readonly once?: boolean
}

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'top', {
    summary: 'watch queues, rates, workers and the longest running jobs; every second anew',
    examples: ['top', 'top --once', 'top --json'],
  })
    .option('--once', 'one look, then end; so it is in a pipe')
    .addHelpText('after', '\nKeys: p holds the screen still, q quits.')
  does<TopOptions>(command, async ({ options }: Call<TopOptions>) =>
    (await import('../top.ts')).top(options, terminal),
  )
}

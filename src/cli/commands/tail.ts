import type { Command } from 'commander'
import { allStates, type State } from '../../job/state.ts'
import { add, type Call, type Common, does, someOf } from '../command.ts'
import type { Terminal } from '../terminal.ts'

export interface TailOptions extends Common {
  readonly task?: string
  readonly queue?: string
  readonly state?: readonly State[]
}

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'tail', {
    summary: 'follow jobs as they come, run and end, a line each; Ctrl-C ends it',
    examples: ['tail', 'tail --queue emails --state dead', 'tail --json | jq .task'],
  })
    .option('--task <name>', 'only of this task')
    .option('--queue <name>', 'only of this queue')
    .addOption(someOf('--state <states>', 'only what left a job in these states', allStates))
  does<TailOptions>(command, async ({ options }: Call<TailOptions>) =>
    (await import('../tail.ts')).tail(options, terminal),
  )
}

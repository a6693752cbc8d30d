import type { Command } from 'commander'
import { InvalidOption, nearest } from '../../job/errors.ts'
import { add, type Call, type Common, does } from '../command.ts'
import { scripts, type Shell } from '../completion-scripts.ts'
import type { Terminal } from '../terminal.ts'

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'completion <shell>', {
    summary: 'print a script that lets bash, zsh or fish complete commands, options and names',
    examples: [
      'completion bash >> ~/.bashrc',
      'completion zsh >> ~/.zshrc',
      'completion fish > ~/.config/fish/completions/legwork.fish',
    ],
  })
  command.addHelpText(
    'after',
    '\nQueues, tasks and ids come from the store that the other commands would use.',
  )
  does<Common>(command, async ({ args: [shell = ''], options }: Call<Common>) => {
    const names = Object.keys(scripts)
    const known = names.find((name): name is Shell => name === shell)
    if (known === undefined) {
      const near = nearest(shell, names)
      throw new InvalidOption('shell', shell, `${names.join(', ')}${near ? ` (did you mean ${near}?)` : ''}`)
    }
    if (options.json) terminal.json({ shell: known, script: scripts[known] })
    else terminal.out(scripts[known])
  })
}

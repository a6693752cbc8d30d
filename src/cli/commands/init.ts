import type { Command } from 'commander'
import { add, type Call, does } from '../command.ts'
import type { InitOptions } from '../init.ts'
import type { Terminal } from '../terminal.ts'

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'init [dir]', {
    summary: 'write a first task with its handler into this folder, and what it needs to run',
    examples: ['init', 'init backend', 'init --js --no-install'],
  })
    .option('--js', 'JavaScript instead of TypeScript')
    .option('--no-install', 'only write the files; do not run the package manager')
    .addHelpText('after', about)
  does<InitOptions>(command, async ({ args: [dir], options }: Call<InitOptions>) =>
    (await import('../init.ts')).init(dir, options, terminal),
  )
}

const about = `
It writes jobs.ts, scripts into package.json and a line into .gitignore. What is there already is left alone,
and said. Where Legwork or a SQLite driver is missing, your package manager installs it.`

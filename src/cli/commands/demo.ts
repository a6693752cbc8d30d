import type { Command } from 'commander'
import { add, type Call, does } from '../command.ts'
import type { DemoOptions } from '../demo.ts'
import type { Terminal } from '../terminal.ts'

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'demo', {
    summary: 'watch jobs succeed, fail, retry and die, in a temporary store; takes a few seconds',
    examples: [
      'demo',
      'demo --images ~/Pictures --csv people.csv',
      'demo --keep',
      'demo --url redis://localhost:6379',
    ],
  })
    .option('--keep', 'keep the store and say where it is')
    .option('--images <dir>', 'measure your own photographs: .jpg, .png, .gif, .webp; 200 at most')
    .option('--csv <file>', 'greet your own people: a CSV file with a column name; 200 rows at most')
  does<DemoOptions>(command, async ({ options }: Call<DemoOptions>) =>
    (await import('../demo.ts')).demo(options, terminal),
  )
}

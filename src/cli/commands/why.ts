import type { Command } from 'commander'
import { why } from '../../watch/why.ts'
import { add, type Call, type Common, does } from '../command.ts'
import { withStore } from '../connect.ts'
import { exits } from '../exit.ts'
import { safe } from '../safe.ts'
import type { Terminal } from '../terminal.ts'

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'why <id>', {
    summary: 'say why a job is not running, or no longer',
    examples: ['why ID', 'why ID --json'],
  })
  does<Common>(command, (call) => tellWhy(call, terminal))
}

async function tellWhy({ args: [id = ''], options }: Call<Common>, terminal: Terminal): Promise<number> {
  const answer = await withStore(options, (store) => why(store, id, Date.now()))
  if (options.json) terminal.json(answer)
  else {
    const { state, text, next } = answer
    terminal.out(`${terminal.paint('bold', safe(id))} (${state}) ${safe(text)}`)
    if (next) terminal.out(`  → ${safe(next)}`)
  }
  return answer.reason.kind === 'not-found' ? exits.notFound : exits.ok
}

import type { Command } from 'commander'
import { limits } from '../../job/defaults.ts'
import { InvalidOption } from '../../job/errors.ts'
import type { JobHandle } from '../../watch/handle.ts'
import { add, type Call, count, does } from '../command.ts'
import { readPayload } from '../payload.ts'
import { enqueueOptions, type Produce, produceOptions, withTask } from '../produce.ts'
import { plural } from '../table.ts'
import { safe } from '../safe.ts'
import type { Terminal } from '../terminal.ts'

interface Options extends Produce {
  readonly count: number
}

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'enqueue <task> [json]', {
    summary: 'enqueue a job, or many; prints their ids',
    examples: [
      `enqueue hello '{"name":"Ada"}'`,
      'enqueue report --delay 10m --id report:2026-05',
      'enqueue email.send -f mail.json --app jobs.ts',
      'enqueue ping --count 1000 --queue load',
    ],
  })
  does<Options>(
    produceOptions(command).addOption(
      count('--count <n>', 'as many jobs of the same payload', { min: 1, max: limits.enqueueMany }).default(
        1,
      ),
    ),
    (call) => enqueue(call, terminal),
  )
}

async function enqueue(
  { args: [name = '', json], options }: Call<Options>,
  terminal: Terminal,
): Promise<void> {
  if (options.count > 1 && options.id !== undefined)
    throw new InvalidOption('--id', options.id, 'no id together with --count: the jobs need different ones')
  const input = await readPayload(json, options.file)
  await withTask(name, { options, terminal }, async (app, task) => {
    const how = enqueueOptions(options)
    const inputs = Array.from({ length: options.count }, () => input)
    const handles =
      options.count === 1 ? [await app.enqueue(task, input, how)] : await app.enqueueMany(task, inputs, how)
    tell(handles, options, terminal)
  })
}

/** Ids as data; a person is spared the hundreds. */
function tell(handles: readonly JobHandle[], { json }: Options, terminal: Terminal): void {
  if (json)
    return terminal.json({ items: handles.map(({ id, task, duplicate }) => ({ id, task, duplicate })) })
  const shown = terminal.isTty ? handles.slice(0, 10) : handles
  for (const { id } of shown) terminal.out(safe(id))
  if (shown.length < handles.length)
    terminal.err(`… and ${plural(handles.length - shown.length, 'more', 'more')}`)
  const [first] = handles
  if (handles.length === 1 && first?.duplicate)
    terminal.err('Its job was there already, of this id or this unique key; none was added.')
  else terminal.err(`${plural(handles.length, 'job')} of ${first?.task} enqueued.`)
}

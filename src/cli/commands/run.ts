import type { Command } from 'commander'
import { type Duration, showMs } from '../../job/duration.ts'
import type { App } from '../../surface.ts'
import type { JobHandle } from '../../watch/handle.ts'
import { shownOutput } from '../../job/shown.ts'
import { add, type Call, does, duration } from '../command.ts'
import { forPeople } from '../connect.ts'
import { codeOf, exits, report } from '../exit.ts'
import { follow } from '../follow.ts'
import { readPayload } from '../payload.ts'
import { enqueueOptions, type Produce, produceOptions, withTask } from '../produce.ts'
import { safe, safeJson } from '../safe.ts'
import type { Terminal } from '../terminal.ts'

interface Options extends Produce {
  readonly timeout?: Duration
}

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'run <task> [json]', {
    summary: 'enqueue a job, wait for it and print its result; a worker must be running',
    examples: [
      `run hello '{"name":"Ada"}'`,
      'run report -f input.json --app jobs.ts --timeout 1m',
      'run report -f - --json < input.json',
    ],
  })
  does<Options>(
    produceOptions(command).addOption(
      duration('--timeout <time>', 'stop waiting after this long; the job goes on'),
    ),
    (call) => run(call, terminal),
  )
}

async function run({ args: [name = '', json], options }: Call<Options>, terminal: Terminal): Promise<number> {
  const input = await readPayload(json, options.file)
  return withTask(name, { options, terminal }, async (app, task) => {
    const job = await app.enqueue(task, input, enqueueOptions(options))
    const leave = new AbortController()
    const interrupt = () => leave.abort(new Interrupted())
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
    if (!options.json) terminal.err(terminal.paint('dim', `${safe(job.id)} enqueued; waiting for its result`))
    if (!options.json) void follow(app, job, { terminal, signal: leave.signal })
    try {
      return await result(app, job, { options, terminal, signal: leave.signal })
    } finally {
      leave.abort()
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
    }
  })
}

class Interrupted extends Error {}

interface Wait {
  readonly options: Options
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

async function result(app: App, job: JobHandle, { options, terminal, signal }: Wait): Promise<number> {
  try {
    const { timeout } = options
    const returned = await job.result({ signal, ...(timeout !== undefined && { timeout }) })
    const [stored] = await (await app.store()).get([job.id])
    const output = shownOutput(returned, stored?.result)
    await tellCompleted(job, output, { options, terminal })
    return exits.ok
  } catch (error) {
    if (error instanceof Interrupted) return tellInterrupted(job, terminal)
    if (['LW2201', 'LW2202'].includes(codeOf(error) ?? '') && options.json) {
      const [found] = await forPeople(await app.store()).get([job.id])
      terminal.json({
        id: job.id,
        task: job.task,
        state: found?.state,
        reason: found?.reason,
        error: found?.error,
      })
    }
    return report(error, terminal, { debug: options.debug === true, json: options.json === true })
  }
}

async function tellCompleted(
  job: JobHandle,
  output: unknown,
  { options, terminal }: Omit<Wait, 'signal'>,
): Promise<void> {
  const { id, task } = job
  if (options.json)
    return terminal.json({ id, task, state: 'completed', ...(output !== undefined && { output }) })
  const { createdAt, finishedAt, attempt } = await job.status()
  const took = showMs((finishedAt?.getTime() ?? 0) - createdAt.getTime())
  const nothing = output === undefined ? '; it returned nothing' : ''
  const tries = attempt > 1 ? ` on attempt ${attempt}` : ''
  terminal.err(`${terminal.paint('green', '✔')} ${safe(id)} completed in ${took}${tries}${nothing}`)
  if (output !== undefined) terminal.out(safeJson(output, terminal.isTty ? 2 : undefined))
}

function tellInterrupted({ id }: JobHandle, terminal: Terminal): number {
  terminal.err(`\nJob ${safe(id)} goes on; only the waiting ended.`)
  terminal.err(`  legwork jobs show ${safe(id)}\n  legwork jobs cancel ${safe(id)}`)
  return exits.interrupted
}

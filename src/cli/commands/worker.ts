import { type Command, Option } from 'commander'
import { add, type Call, count, does, duration } from '../command.ts'
import type { Terminal } from '../terminal.ts'
import { parseQueues, type WorkOptions } from '../work.ts'

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'worker [file]', {
    summary: 'run the jobs of an app, in one process or several',
    examples: [
      'worker jobs.ts',
      'worker dist/jobs.js --processes 4 --concurrency 20',
      'worker jobs.ts --queues emails=5,images=20 --grace 1m',
    ],
  })
    .addOption(
      count(
        '--processes <n>',
        'processes under a supervisor that hands the jobs of a dead one back at once',
        { min: 1, max: 512 },
      ),
    )
    .addOption(
      count('--concurrency <n>', 'handlers at once in each process, for queues not named; default 10', {
        min: 1,
        max: 100_000,
      }),
    )
    .addOption(
      new Option(
        '--queues <slots>',
        'slots of each queue, such as emails=5,images=20; * stands for the others',
      ).argParser(parseQueues),
    )
    .addOption(duration('--grace <time>', 'how long running jobs may go on after SIGTERM; default 25s'))
    .addOption(
      duration(
        '--lease <time>',
        'how long a worker may be silent before it loses its jobs; default 15s',
        leastLeaseMs,
      ),
    )
    .addOption(new Option('--preload', 'load lazy handlers before the first job is claimed'))
    .addOption(new Option('--member').hideHelp())
    .addHelpText('after', aboutFile)
  does<WorkOptions>(command, (call) => start(call, terminal))
}

/** A worker beats five times a lease, and not more than once a millisecond. */
const leastLeaseMs = 5

const aboutFile = `
The file exports an app (default, or named app) or a function that makes one; it does not start it.
Without a file: jobs.ts, jobs.mts, jobs.js or jobs.mjs, here or in src.`

async function start({ args: [file], options }: Call<WorkOptions>, terminal: Terminal): Promise<number> {
  if (options.member && process.send) return (await import('../member.ts')).workAsMember(file, options)
  if (options.processes !== undefined)
    return (await import('../supervise.ts')).supervise(file, options, terminal)
  return (await import('../work.ts')).work(file, options, terminal)
}

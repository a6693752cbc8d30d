import { type Command, Option } from 'commander'
import { add, type Call, count, does, duration, many } from '../command.ts'
import type { DevOptions } from '../dev/dev.ts'
import type { Terminal } from '../terminal.ts'
import { parseQueues } from '../work.ts'

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'dev [file]', {
    summary: 'run the jobs of an app while you write it: newest code, each result a line, keys',
    examples: ['dev', 'dev src/jobs.ts', 'dev --watch templates,prices.csv'],
  })
    .addOption(many('--watch <paths>', 'files and folders besides what the file imports; may be repeated'))
    .addOption(
      count('--concurrency <n>', 'handlers at once, for queues not named; default 10', {
        min: 1,
        max: 100_000,
      }),
    )
    .addOption(
      new Option('--queues <slots>', 'slots of each queue, such as emails=5,images=20').argParser(
        parseQueues,
      ),
    )
    .addOption(
      duration('--grace <time>', 'how long running jobs may go on at a reload and at the end; default 5s'),
    )
    .addOption(new Option('--member').hideHelp())
    .addHelpText('after', about)
  does<DevOptions>(command, async ({ args: [file], options }: Call<DevOptions>) =>
    options.member && process.send
      ? (await import('../dev/app-process.ts')).runForDev(file, options)
      : (await import('../dev/dev.ts')).dev(file, options, terminal),
  )
}

const about = `
The file exports an app (default, or named app) or a function that makes one; it does not start it.
Without a file: jobs.ts, jobs.mts, jobs.js or jobs.mjs, here or in src. legwork init writes one.

Keys, on a terminal:
  e  enqueue a job, from an example    r  run the last job again    d  bring dead letters back
  p  pause and resume the queues       c  clear the screen          h  help    q  quit

Code that does not load leaves the code before it running. Without a terminal it prints lines, and
legwork enqueue or legwork run in another one hand jobs in.`

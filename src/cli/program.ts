import { Command } from 'commander'
import { version } from '../version.ts'
import { exits, report } from './exit.ts'
import type { Terminal } from './terminal.ts'

type Register = (program: Command, terminal: Terminal) => void

/** Every command; its file is loaded only when its name is on the command line, so that help is quick. */
const commands: readonly {
  readonly name: string
  readonly summary: string
  load(): Promise<{ readonly register: Register }>
}[] = [
  {
    name: 'demo',
    summary: 'watch jobs succeed, fail, retry and die, in a temporary store',
    load: () => import('./commands/demo.ts'),
  },
  {
    name: 'init',
    summary: 'write a first task with its handler into this folder',
    load: () => import('./commands/init.ts'),
  },
  {
    name: 'dev',
    summary: 'run the jobs of an app while you write it: reload, results, keyboard',
    load: () => import('./commands/dev.ts'),
  },
  {
    name: 'worker',
    summary: 'run the jobs of an app, in one process or several',
    load: () => import('./commands/worker.ts'),
  },
  {
    name: 'run',
    summary: 'enqueue a job, wait for it and print its result',
    load: () => import('./commands/run.ts'),
  },
  { name: 'enqueue', summary: 'enqueue a job, or many', load: () => import('./commands/enqueue.ts') },
  {
    name: 'jobs',
    summary: 'list, show, edit, cancel, retry, promote and remove jobs',
    load: () => import('./commands/jobs.ts'),
  },
  { name: 'queues', summary: 'list, pause and resume queues', load: () => import('./commands/queues.ts') },
  {
    name: 'retention',
    summary: 'say what is kept of finished jobs: list, set and clear',
    load: () => import('./commands/retention.ts'),
  },
  {
    name: 'schedules',
    summary: 'list, pause, resume and trigger schedules',
    load: () => import('./commands/schedules.ts'),
  },
  {
    name: 'dead',
    summary: 'dead letters: groups, list, show, edit, retry, redrive, ignore, resolve and purge',
    load: () => import('./commands/dead.ts'),
  },
  {
    name: 'workers',
    summary: 'list the workers that are registered',
    load: () => import('./commands/workers.ts'),
  },
  {
    name: 'top',
    summary: 'watch queues, rates, workers and running jobs, every second anew',
    load: () => import('./commands/top.ts'),
  },
  {
    name: 'tail',
    summary: 'follow jobs as they come, run and end',
    load: () => import('./commands/tail.ts'),
  },
  { name: 'why', summary: 'say why a job is not running', load: () => import('./commands/why.ts') },
  {
    name: 'doctor',
    summary: 'check Node, the driver, the store and what it promises',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'migrate',
    summary: 'bring the schema of the store up to date',
    load: () => import('./commands/migrate.ts'),
  },
  {
    name: 'grant',
    summary: 'let a role of a Postgres server be a producer, worker, dashboard or migrator',
    load: () => import('./commands/grant.ts'),
  },
  {
    name: 'rekey',
    summary: 'seal the keys of all stored jobs with the active key, after it was changed',
    load: () => import('./commands/rekey.ts'),
  },
  {
    name: 'explain',
    summary: 'say what an error code means and what to do',
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'completion',
    summary: 'print a script for the completion of bash, zsh or fish',
    load: () => import('./commands/completion.ts'),
  },
]

const opening = `Background jobs for TypeScript.

Examples:
  $ legwork demo                                   see it work, nothing to set up
  $ legwork worker jobs.ts --processes 4           run the jobs of your app
  $ legwork run hello '{"name":"Ada"}'             one job, and its result
  $ legwork jobs list --state dead                 what went wrong
  $ legwork why 01KBZ7W3Q4T8M2N6P9R5S1V0XY         why it is not running
`

const closing = `
Store:  --url, else LEGWORK_URL, else ./.legwork/jobs.db
Exit:   0 ok · 1 failed · 2 usage · 3 not found · 4 refused by state · 6 store unreachable
        7 timed out waiting · 8 the job did not succeed · 130 interrupted`

/** `help jobs list` is `jobs list --help`. A command that is not there is left to be refused. */
function withoutHelp(words: readonly string[]): readonly string[] {
  const [first, name, ...rest] = words
  if (first !== 'help') return words
  if (name === undefined) return ['--help']
  const isKnown = name.startsWith('-') || commands.some((command) => command.name === name)
  return [name, ...rest, ...(isKnown ? ['--help'] : [])]
}

/** Does what the command line says and gives the exit code. Never throws. */
export async function execute(words: readonly string[], terminal: Terminal): Promise<number> {
  const argv = withoutHelp(words)
  const before = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const how = { debug: before.includes('--debug'), json: before.includes('--json') }
  try {
    // Asked by the shell while a person types: nothing of it is a command line of ours.
    if (argv[0] === '__complete')
      return (await import('./complete.ts')).complete(
        argv.slice(1),
        (typed) => grow(typed, terminal),
        terminal,
      )
    const program = await grow(argv, terminal)
    if (argv.length === 0) program.outputHelp()
    else await program.parseAsync(argv, { from: 'user' })
    return Number(process.exitCode ?? exits.ok)
  } catch (error) {
    return report(error, terminal, how)
  }
}

/** The program, with the options of the commands that are named. */
async function grow(words: readonly string[], terminal: Terminal): Promise<Command> {
  const program = root(terminal)
  for (const { name, summary, load } of commands) {
    if (words.includes(name)) (await load()).register(program, terminal)
    else program.command(name).summary(summary)
  }
  return program
}

function root(terminal: Terminal): Command {
  return (
    new Command('legwork')
      .version(version, '-v, --version')
      .option('--url <store>', 'path or URL of the store')
      .option('--json', 'one JSON document on standard output')
      .option('--debug', 'stack traces with errors')
      .addHelpText('before', opening)
      .addHelpText('after', closing)
      .configureHelp({ showGlobalOptions: true })
      // Errors of the command line are told in one place with all others.
      .configureOutput({
        writeOut: (text) => terminal.out(text.trimEnd()),
        writeErr: (text) => terminal.err(text.trimEnd()),
        outputError: () => {},
      })
      .exitOverride()
  )
}

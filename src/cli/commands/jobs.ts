import type { Command } from 'commander'
import { LegworkError } from '../../job/errors.ts'
import type { Job } from '../../job/job.ts'
import { act, foresee, tell, type Verb } from '../act.ts'
import { add, type Call, type Common, does } from '../command.ts'
import { confirm } from '../confirm.ts'
import { withStore } from '../connect.ts'
import { exits, report } from '../exit.ts'
import { registerEdit } from '../edit.ts'
import { type Filter, filterOptions, listJobs, stateOption } from '../job-list.ts'
import { jobPage } from '../job-page.ts'
import { plural } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { jobJson } from '../view.ts'

export function register(program: Command, terminal: Terminal): void {
  const jobs = add(program, 'jobs', {
    summary: 'list, show, edit, cancel, retry, promote and remove jobs',
    examples: [
      'jobs list --state dead --task email.send',
      'jobs show ID',
      'jobs cancel ID --reason "sent by hand"',
    ],
  })
  const list = add(jobs, 'list', {
    summary: 'list jobs, newest first',
    examples: [
      'jobs list',
      'jobs list --state running,scheduled --queue emails',
      'jobs list --json --limit 100 | jq ".items[].id"',
    ],
  })
  does<Filter>(filterOptions(list.addOption(stateOption())), ({ options }) =>
    withStore(options, (store) => listJobs(store, options, terminal)),
  )
  registerShow(jobs, 'jobs', terminal)
  registerEdit(jobs, 'jobs', terminal)
  for (const verb of ['cancel', 'retry', 'promote', 'remove'] as const) registerVerb(jobs, verb, terminal)
}

/** `jobs show` and `dead show`: the same page. */
export function registerShow(parent: Command, noun: 'jobs' | 'dead', terminal: Terminal): void {
  const show = add(parent, 'show <id...>', {
    summary: 'show everything about a job: payload, attempts, errors, progress, log',
    examples: [`${noun} show ID`, `${noun} show ID --json`],
  })
  does<Common>(show, (call) => showJobs(call, noun, terminal))
}

async function showJobs(
  { args, options }: Call<Common>,
  noun: 'jobs' | 'dead',
  terminal: Terminal,
): Promise<number> {
  const { jobs, workers } = await withStore(options, async (store) => ({
    jobs: await store.get(args, { attempts: true, logs: true }),
    workers: await store.workers(),
  }))
  const isMeant = (job: Job) => noun === 'jobs' || job.state === 'dead'
  const found = jobs.filter((job) => job !== undefined)
  const shown = found.filter(isMeant)
  if (options.json) {
    const items = shown.map(jobJson)
    if (args.length > 1) terminal.json({ items })
    else if (items[0]) terminal.json(items[0])
  } else
    for (const [i, job] of shown.entries()) {
      const page = jobPage(job, { terminal, now: Date.now(), workers })
      terminal.out([...(i > 0 ? [''] : []), ...page].join('\n'))
    }
  const missing = args.filter((_, i) => !jobs[i])
  const error = refusalOf(found.filter((job) => !isMeant(job))) ?? absenceOf(missing)
  return error
    ? report(error, terminal, { debug: options.debug === true, json: options.json === true })
    : exits.ok
}

function refusalOf(alive: readonly Job[]): LegworkError | undefined {
  if (alive.length === 0) return undefined
  const ids = alive.map(({ id }) => id).join(' ')
  const states = alive.map(({ id, state }) => `${id} is ${state}, not dead`).join('; ')
  return new LegworkError('LW2302', `${states}.`, { fix: `legwork jobs show ${ids}` })
}

function absenceOf(ids: readonly string[]): LegworkError | undefined {
  if (ids.length === 0) return undefined
  return new LegworkError(
    'LW2301',
    `no job ${ids.join(', ')} in this store: never enqueued here, or removed by retention.`,
  )
}

interface VerbOptions extends Common {
  readonly reason?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

const verbs: Readonly<Record<Verb, { summary: string; examples: string[] }>> = {
  cancel: {
    summary: 'cancel waiting jobs at once; ask running ones to stop',
    examples: ['jobs cancel ID', 'jobs cancel ID ID --reason "customer left"'],
  },
  retry: {
    summary: 'bring dead, cancelled or completed jobs back; run a waiting retry now',
    examples: ['jobs retry ID'],
  },
  promote: { summary: 'run scheduled jobs now', examples: ['jobs promote ID'] },
  remove: {
    summary: 'delete jobs with their history; not running ones',
    examples: ['jobs remove ID --dry-run', 'jobs remove ID ID --yes'],
  },
}

function registerVerb(jobs: Command, verb: Verb, terminal: Terminal): void {
  const command = add(jobs, `${verb} <id...>`, verbs[verb]).option('--dry-run', 'only say what would happen')
  if (verb === 'cancel') command.option('--reason <text>', 'kept with the job, and told to its handler')
  if (verb === 'remove') command.option('--yes', 'do not ask')
  does<VerbOptions>(command, (call) => doVerb(verb, call, terminal))
}

async function doVerb(
  verb: Verb,
  { args: ids, options }: Call<VerbOptions>,
  terminal: Terminal,
): Promise<number> {
  const { reason, dryRun: isForecast, yes, json } = options
  const asks = verb === 'remove' && !isForecast
  if (asks && !(await confirm(terminal, `remove ${plural(ids.length, 'job')} with all history`, yes)))
    return exits.failed
  const order = { verb, ids, ...(reason !== undefined && { reason }) }
  const answers = await withStore(options, (store) =>
    isForecast ? foresee(store, order) : act(store, order),
  )
  return tell(answers, { verb, json, isForecast }, terminal)
}

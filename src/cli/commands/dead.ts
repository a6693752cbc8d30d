import type { Command } from 'commander'
import { InvalidOption } from '../../job/errors.ts'
import type { Store } from '../../store/index.ts'
import { act, foresee, tell } from '../act.ts'
import { add, type Call, does } from '../command.ts'
import { confirm } from '../confirm.ts'
import { withStore } from '../connect.ts'
import { exits } from '../exit.ts'
import { type Filter, filterOptions, listJobs, whereOf } from '../job-list.ts'
import { plural } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { registerShow } from './jobs.ts'

interface Retry extends Omit<Filter, 'limit'> {
  readonly all?: boolean
  readonly yes?: boolean
  readonly dryRun?: boolean
}

export function register(program: Command, terminal: Terminal): void {
  const dead = add(program, 'dead', {
    summary: 'list, show and retry dead letters',
    examples: ['dead list', 'dead show ID', 'dead retry --all --task email.send'],
  })
  const list = add(dead, 'list', {
    summary: 'list dead letters, newest first',
    examples: ['dead list', 'dead list --task email.send --json'],
  })
  does<Filter>(filterOptions(list), ({ options }) =>
    withStore(options, (store) => listJobs(store, { ...options, state: ['dead'] }, terminal)),
  )
  registerShow(dead, 'dead', terminal)
  const retry = add(dead, 'retry [id...]', {
    summary: 'bring dead letters back, with all their attempts before them',
    examples: [
      'dead retry ID',
      'dead retry --all --queue emails --dry-run',
      'dead retry --all --task email.send --yes',
    ],
  })
  retry
    .option('--all', 'all of them, or all that --task, --queue and --tag let through')
    .option('--task <name>', 'with --all')
    .option('--queue <name>', 'with --all')
    .option('--tag <name>', 'with --all')
  does<Retry>(retry.option('--yes', 'do not ask').option('--dry-run', 'only say what would happen'), (call) =>
    retryDead(call, terminal),
  )
}

async function retryDead({ args, options }: Call<Retry>, terminal: Terminal): Promise<number> {
  const { all, dryRun: isForecast, yes, json } = options
  if (args.length > 0 === (all === true)) throw new InvalidOption('dead retry', args, 'either ids or --all')
  return withStore(options, async (store) => {
    const ids = all ? await allDead(store, options) : args
    if (ids.length === 0 && !json) terminal.err('No dead letters.')
    const asks = all && !isForecast && ids.length > 0
    if (asks && !(await confirm(terminal, `retry ${plural(ids.length, 'dead letter')}`, yes)))
      return exits.failed
    const order = { verb: 'retry', ids } as const
    const answers = await (isForecast ? foresee(store, order) : act(store, order))
    // One that somebody else retried since the list was made is no failure of `--all`.
    const code = tell(answers, { verb: 'retry', json, isForecast }, terminal)
    return all ? exits.ok : code
  })
}

async function allDead(store: Store, options: Retry): Promise<string[]> {
  const ids: string[] = []
  const where = whereOf({ ...options, state: ['dead'] })
  for (let cursor: string | undefined; ; ) {
    const page = await store.find(where, { limit: 500, ...(cursor !== undefined && { cursor }) })
    ids.push(...page.jobs.map(({ id }) => id))
    if (page.cursor === undefined) return ids
    cursor = page.cursor
  }
}

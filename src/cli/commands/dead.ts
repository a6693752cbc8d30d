import type { Command } from 'commander'
import { LegworkError } from '../../job/errors.ts'
import { isFinal } from '../../job/state.ts'
import type { Store } from '../../store/index.ts'
import { strangers } from '../acquaintance.ts'
import { act, type Answer, foresee, tell } from '../act.ts'
import { add, type Call, does } from '../command.ts'
import { confirm } from '../confirm.ts'
import { withStore } from '../connect.ts'
import { exits, warn } from '../exit.ts'
import { registerBulk } from '../bulk.ts'
import { registerList } from '../dead-list.ts'
import { registerEdit } from '../edit.ts'
import { registerGroups, registerMarks } from '../failure-list.ts'
import { emptiness, type Filter, whereOf } from '../job-list.ts'
import { safe } from '../safe.ts'
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
    summary: 'dead letters: groups, list, show, edit, retry, redrive, ignore, resolve and purge',
    examples: [
      'dead',
      'dead show ID',
      'dead redrive --fingerprint FINGERPRINT --rate 50/s --canary 10',
      'dead retry ID',
    ],
  })
  registerGroups(dead, terminal)
  registerList(dead, terminal)
  registerShow(dead, 'dead', terminal)
  registerEdit(dead, 'dead', terminal)
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
  registerBulk(dead, terminal)
  registerMarks(dead, terminal)
}

async function retryDead({ args, options }: Call<Retry>, terminal: Terminal): Promise<number> {
  const { all = false, dryRun: isForecast, yes, json } = options
  if (args.length > 0 === all)
    throw new LegworkError('LW1201', `dead retry takes ids or --all, and got ${all ? 'both' : 'neither'}.`)
  return withStore(options, async (store) => {
    if (!all) return retryIds(store, { args, options }, terminal)
    const ids = await allDead(store, options)
    if (ids.length === 0) await sayNone(store, options, terminal)
    const asks = !isForecast && ids.length > 0
    if (asks && !(await confirm(terminal, `retry ${plural(ids.length, 'dead letter')}`, yes)))
      return exits.failed
    const order = { verb: 'retry', ids } as const
    const answers = await (isForecast ? foresee(store, order) : act(store, order))
    tell(answers, { verb: 'retry', json, isForecast }, terminal)
    // One that somebody else retried since the list was made is no failure of `--all`.
    return exits.ok
  })
}

async function sayNone(store: Store, options: Retry, terminal: Terminal): Promise<void> {
  const hints = await strangers(store, options)
  if (!options.json) terminal.err(emptiness({ ...options, state: ['dead'] }))
  for (const hint of hints) warn(hint, terminal, options.json)
}

/** Only dead ones: whoever speaks of dead letters does not mean to run a completed job again. */
async function retryIds(
  store: Store,
  { args: ids, options }: Call<Retry>,
  terminal: Terminal,
): Promise<number> {
  const { dryRun: isForecast, json } = options
  const jobs = await store.get(ids)
  const dead = ids.filter((_, i) => jobs[i]?.state === 'dead')
  const order = { verb: 'retry', ids: dead } as const
  const acted = await (isForecast ? foresee(store, order) : act(store, order))
  const done = new Map(acted.map((answer) => [answer.id, answer]))
  const answers = ids.map((id, i): Answer => {
    const state = jobs[i]?.state
    return done.get(id) ?? (state ? { id, outcome: 'refused', state } : { id, outcome: 'gone' })
  })
  return tell(answers, { verb: 'retry', json, isForecast, refusal }, terminal)
}

function refusal({ id, state }: Answer): string {
  const next =
    state && isFinal(state)
      ? `legwork jobs retry ${safe(id)} runs it again`
      : `legwork why ${safe(id)} says more`
  return `it is ${state}, not dead; ${next}`
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

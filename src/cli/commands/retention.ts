import { type Command, Option } from 'commander'
import { defaults } from '../../job/defaults.ts'
import { type Duration, toMs } from '../../job/duration.ts'
import { InvalidOption } from '../../job/errors.ts'
import { checkName } from '../../job/name.ts'
import {
  type Keeping,
  type RetentionPolicy,
  rulesOf,
  showKeeping,
  showPolicy,
  type StateKeeping,
} from '../../job/retention.ts'
import { toBytes } from '../../job/size.ts'
import { type FinalState, finalStates } from '../../job/state.ts'
import type { Store } from '../../store/index.ts'
import { add, type Call, type Common, count, does, duration, someOf } from '../command.ts'
import { actor, withStore } from '../connect.ts'
import { type Column, table } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { iso } from '../view.ts'

export function register(program: Command, terminal: Terminal): void {
  const retention = add(program, 'retention', {
    summary: 'say what is kept of finished jobs: list, set and clear',
    examples: [
      'retention',
      'retention set --state dead --age 90d --count 100000',
      'retention clear --state dead',
    ],
  })
  does<Common>(
    add(retention, 'list', {
      summary: 'list what is kept of each final state, and how much there is',
      examples: ['retention list', 'retention list --json'],
      isDefault: true,
    }),
    (call) => list(call, terminal),
  )
  const set = add(retention, 'set', {
    summary: 'limit the age, the number or the bytes of finished jobs; what is not named stays as it is',
    examples: [
      'retention set --state dead --age 90d --count 100000',
      'retention set --state completed --bytes 1gb --queue emails',
      'retention set --state completed,cancelled --age 3d --dry-run',
    ],
  })
  does<Change>(
    scoped(set)
      .addOption(duration('--age <time>', 'for jobs whose task does not say it: 30d', 1).conflicts('forever'))
      .option('--forever', 'keep them whatever their age')
      .addOption(count('--count <n>', 'jobs, at most', { min: 1, max: 1e12 }))
      .option('--bytes <size>', 'of input, result, errors and log, at most: 500mb')
      .option('--dry-run', 'only say what would happen'),
    (call) => change(call, terminal, (rules) => ({ ...rules, ...limitsOf(call.options) })),
  )
  const clear = add(retention, 'clear', {
    summary: 'lift what was set, for all or some states, of the store or of a queue',
    examples: ['retention clear', 'retention clear --state dead', 'retention clear --queue emails'],
  })
  does<Change>(scoped(clear).option('--dry-run', 'only say what would happen'), (call) =>
    change(call, terminal, () => undefined),
  )
}

const scoped = (command: Command): Command =>
  command
    .addOption(someOf('--state <states>', 'which finished jobs', finalStates))
    .addOption(new Option('--queue <name>', 'only of this queue, besides what holds for the store'))

interface Change extends Common {
  readonly state?: readonly FinalState[]
  readonly queue?: string
  readonly age?: Duration
  readonly forever?: boolean
  readonly count?: number
  readonly bytes?: string
  readonly dryRun?: boolean
}

/** What `set` was told. */
function limitsOf({ state, age, forever, count: most, bytes }: Change): Keeping {
  if (!state) throw new InvalidOption('--state', undefined, `some of ${finalStates.join(', ')}`)
  const kept = forever ? 'forever' : age
  if (kept === undefined && most === undefined && bytes === undefined)
    throw new InvalidOption('retention set', 'nothing', 'any of --age, --forever, --count and --bytes')
  const size = bytes !== undefined && /^\d+$/.test(bytes) ? Number(bytes) : bytes
  return {
    ...(kept !== undefined && { ageMs: kept === 'forever' ? null : toMs(kept, '--age', 1) }),
    ...(most !== undefined && { count: most }),
    ...(size !== undefined && { bytes: toBytes(size, '--bytes', [1, 2 ** 50]) }),
  }
}

type Alter = (rules: Keeping | undefined) => Keeping | undefined

async function change({ options }: Call<Change>, terminal: Terminal, alter: Alter): Promise<void> {
  const queue = options.queue === undefined ? undefined : checkName(options.queue, '--queue')
  const states = options.state ?? finalStates
  const { before, after } = await withStore(options, async (store) => {
    const had = (await store.retention.get())?.policy ?? {}
    const next = altered(had, { states, queue, alter, all: options.state === undefined })
    const to = rulesOf(next).length > 0 ? next : null
    if (!options.dryRun) await store.retention.set({ to, by: actor() })
    return { before: had, after: next }
  })
  if (options.json) return terminal.json({ before, policy: after, ...(options.dryRun && { dryRun: true }) })
  const show = (policy: RetentionPolicy) => showPolicy(policy) || 'the defaults'
  const would = options.dryRun ? 'would be kept' : 'kept'
  terminal.out(`${would}: ${show(after)}`)
  if (show(before) !== show(after)) terminal.out(`before: ${show(before)}`)
}

interface Altering {
  readonly states: readonly FinalState[]
  readonly queue: string | undefined
  readonly alter: Alter
  /** No state was named: without a queue, that means the queues too. */
  readonly all: boolean
}

/** A policy with some of its rules changed; rules that say nothing are left out. */
export function altered(had: RetentionPolicy, { states, queue, alter, all }: Altering): RetentionPolicy {
  const { queues = {}, ...store } = had
  const changed = (rules: StateKeeping): StateKeeping => {
    const next = Object.fromEntries(states.map((state) => [state, alter(rules[state])]))
    return Object.fromEntries(Object.entries({ ...rules, ...next }).filter(([, rule]) => rule !== undefined))
  }
  if (queue === undefined) {
    const ofStore = changed(store)
    const isCleared = all && Object.keys(ofStore).length === 0
    return { ...ofStore, ...(!isCleared && Object.keys(queues).length > 0 && { queues }) }
  }
  const own = changed(Object.hasOwn(queues, queue) ? (queues[queue] ?? {}) : {})
  const rest = Object.entries(queues).filter(([name]) => name !== queue)
  const named = Object.fromEntries([...rest, ...(Object.keys(own).length > 0 ? [[queue, own] as const] : [])])
  return { ...store, ...(Object.keys(named).length > 0 && { queues: named }) }
}

interface Row {
  readonly where: string
  readonly state: FinalState
  readonly limit: Keeping
  readonly kept: number
}

async function list({ options }: Call<Common>, terminal: Terminal): Promise<void> {
  const { standing, rows, nextRemovalAt } = await withStore(options, look)
  if (options.json)
    return terminal.json({
      policy: standing?.policy ?? null,
      ...(standing && { by: standing.by, at: iso(standing.at) }),
      items: rows.map(({ where, state, limit, kept }) => ({
        ...(where !== wholeStore && { queue: where }),
        ...{ state, ...limit, kept },
      })),
      nextRemovalAt: nextRemovalAt === undefined ? null : iso(nextRemovalAt),
    })
  const columns: Column<Row>[] = [
    { title: 'OF', cell: ({ where }) => where },
    { title: 'STATE', cell: ({ state }) => state },
    { title: 'KEPT', cell: ({ kept }) => kept, right: true },
    { title: 'AGE', cell: ({ limit: { ageMs } }) => (ageMs === undefined ? '-' : showKeeping({ ageMs })) },
    { title: 'COUNT', cell: ({ limit: { count: most } }) => most ?? '-', right: true },
    { title: 'BYTES', cell: ({ limit: { bytes } }) => (bytes === undefined ? '-' : showKeeping({ bytes })) },
  ]
  for (const line of table(rows, columns, terminal)) terminal.out(line)
  if (standing) terminal.err(`Set by ${standing.by} at ${iso(standing.at)}; a task’s own retain comes first.`)
  else terminal.err('The defaults; a task’s own retain comes first.')
}

const wholeStore = 'store'

async function look(store: Store) {
  const [standing, counts, { nextRemovalAt }] = await Promise.all([
    store.retention.get(),
    store.counts(),
    store.retention.size(),
  ])
  const sum = (state: FinalState, queue?: string) =>
    counts
      .filter((one) => queue === undefined || one.queue === queue)
      .reduce((n, { states }) => n + states[state], 0)
  const policy = standing?.policy ?? {}
  const ofStore = finalStates.map((state): Row => {
    const limit = { ageMs: defaults.retain[state], ...policy[state] }
    return { where: wholeStore, state, limit, kept: sum(state) }
  })
  const ofQueues = rulesOf({ queues: policy.queues ?? {} }).map(({ queue = '', state, limit }): Row => {
    return { where: queue, state, limit, kept: sum(state, queue) }
  })
  return { standing, rows: [...ofStore, ...ofQueues], nextRemovalAt }
}

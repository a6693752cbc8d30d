import type { Job } from '../job/job.ts'
import type { Found, Store, Where } from '../store/index.ts'
import { allStates, type State } from '../job/state.ts'
import type { Command } from 'commander'
import { strangers } from './acquaintance.ts'
import { type Common, count, someOf } from './command.ts'
import { cursorOption, showCursor } from './cursor.ts'
import { warn } from './exit.ts'
import { safe } from './safe.ts'
import { type Column, table } from './table.ts'
import type { Terminal } from './terminal.ts'
import { ago, jobJson, noteOf, stateColour } from './view.ts'

/** What to look for, and how much of it. */
export interface Filter extends Common {
  readonly state?: readonly State[]
  readonly queue?: string
  readonly task?: string
  readonly tag?: string
  readonly limit: number
  readonly cursor?: string
}

export function filterOptions(command: Command): Command {
  return command
    .option('--queue <name>', 'only of this queue')
    .option('--task <name>', 'only of this task')
    .option('--tag <name>', 'only with this tag')
    .addOption(count('--limit <n>', 'how many at most', { min: 1, max: 1_000 }).default(20))
    .addOption(cursorOption())
}

export const stateOption = () => someOf('--state <states>', 'only in these states', allStates)

export function whereOf({ state, queue, task, tag }: Partial<Filter>): Where {
  return {
    ...(state && { states: state }),
    ...(queue && { queue }),
    ...(task && { task }),
    ...(tag && { tag }),
  }
}

/** One page of jobs, newest first, as a table or as `{ items, cursor }`. */
export async function listJobs(store: Store, options: Filter, terminal: Terminal): Promise<void> {
  const { limit, cursor } = options
  const found = await store.find(whereOf(options), { limit, ...(cursor !== undefined && { cursor }) })
  return tellJobs(store, found, { options, terminal })
}

/** Prints a page that was found, however it was. */
export async function tellJobs(
  store: Store,
  found: Found,
  { options, terminal }: { readonly options: Filter; readonly terminal: Terminal },
): Promise<void> {
  const { cursor } = options
  const isEmpty = found.jobs.length === 0 && cursor === undefined
  const hints = isEmpty ? await strangers(store, options) : []
  if (options.json) {
    for (const hint of hints) warn(hint, terminal, true)
    return terminal.json({
      items: found.jobs.map(jobJson),
      ...(found.cursor !== undefined && { cursor: showCursor(found.cursor) }),
    })
  }
  if (found.jobs.length === 0)
    return terminal.err(cursor === undefined ? [emptiness(options), ...hints].join('\n  ') : 'No more jobs.')
  for (const line of table(found.jobs, columns(Date.now()), terminal)) terminal.out(line)
  sayMore(found, terminal)
}

function columns(now: number): Column<Job>[] {
  return [
    { title: 'ID', cell: (job) => job.id },
    { title: 'TASK', cell: (job) => job.task },
    { title: 'QUEUE', cell: (job) => job.queue },
    { title: 'STATE', cell: (job) => job.state, paint: (job) => stateColour(job.state) },
    { title: 'CREATED', cell: (job) => ago(job.createdAt, now), right: true },
    { title: 'ATTEMPT', cell: (job) => job.attempt, right: true },
    { title: 'NOTE', cell: (job) => noteOf(job, now) },
  ]
}

function sayMore({ cursor }: Found, terminal: Terminal): void {
  if (cursor !== undefined) terminal.err(`There are more: add --cursor ${safe(showCursor(cursor))}`)
}

/** What to say where nothing was found. */
export function emptiness({ state, queue, task, tag }: Partial<Filter>): string {
  if (state?.length === 1 && state[0] === 'dead' && !queue && !task && !tag) return 'No dead letters.'
  return state || queue || task || tag ? 'No jobs match.' : 'No jobs.'
}

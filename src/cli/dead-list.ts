import type { Command } from 'commander'
import type { Job, Store } from '../store/index.ts'
import { add, count, does } from './command.ts'
import { withStore } from './connect.ts'
import { cursorOption } from './cursor.ts'
import { type DeadOptions, deadOptions, filterOf } from './dead-filter.ts'
import { type Filter, listJobs, tellJobs } from './job-list.ts'
import type { Terminal } from './terminal.ts'

type Options = Filter & DeadOptions & { readonly limit: number }

/** `dead list`: the letters themselves. */
export function registerList(dead: Command, terminal: Terminal): void {
  const list = add(dead, 'list', {
    summary: 'list dead letters: newest first; oldest death first where the error is asked for',
    examples: [
      'dead list',
      'dead list --task email.send --json',
      'dead list --fingerprint FINGERPRINT',
      'dead list --error ETIMEDOUT --since 2h',
    ],
  })
  deadOptions(list)
    .addOption(count('--limit <n>', 'how many at most', { min: 1, max: 1_000 }).default(20))
    .addOption(cursorOption())
  does<Options>(list, ({ options }) =>
    withStore(options, (store) => {
      const { fingerprint, error, reason, since, until } = options
      const asksOfDeath = [fingerprint, error, reason, since, until].some((field) => field !== undefined)
      return asksOfDeath
        ? listDeaths(store, options, terminal)
        : listJobs(store, { ...options, state: ['dead'] }, terminal)
    }),
  )
}

async function listDeaths(store: Store, options: Options, terminal: Terminal): Promise<void> {
  const filter = filterOf(options)
  const jobs: Job[] = []
  let after = Number(options.cursor ?? 0)
  for (let isEnd = false; !isEnd && jobs.length < options.limit; ) {
    const page = await store.bulk.page({ filter, after, limit: options.limit - jobs.length })
    const found = await store.get(page.jobs.map(({ id }) => id))
    jobs.push(...found.filter((job) => job !== undefined))
    ;({ to: after, isEnd } = page)
    if (isEnd) return tellJobs(store, { jobs }, { options: { ...options, state: ['dead'] }, terminal })
  }
  return tellJobs(
    store,
    { jobs, cursor: String(after) },
    { options: { ...options, state: ['dead'] }, terminal },
  )
}
